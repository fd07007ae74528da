// See scrub.h. Three steps: scan (ScanStatement), decide what may be kept (Classify), write it
// (WriteNormalized). The dbt comment is read apart, by hand: it is in no token.
#include "queue/scrub.h"

#include "queue/scrub_tokens.h"

namespace pg_lineage {
namespace {

constexpr int kLongestSource = 1024 * 1024;
constexpr int kLongestText = 32 * 1024;

enum class Keep { kNothing, kTag, kWhole, kCopy };

bool IsWord(const Statement &statement, int index, const char *word) {
  return index < statement.last && statement.tokens[index].token_class == TokenClass::kKeyword &&
         strcmp(statement.tokens[index].keyword, word) == 0;
}

bool IsAnyWord(const Statement &statement, int index, const char *const *words) {
  for (; *words != nullptr; words++) {
    if (IsWord(statement, index, *words)) return true;
  }
  return false;
}

bool IsSign(const Statement &statement, int index, char sign) {
  if (index >= statement.last) return false;
  const Token &token = statement.tokens[index];
  return token.end == token.start + 1 && statement.source[token.start] == sign;
}

// First word outside parentheses among `words`, from `index` on; the statement's end when none.
int FindOutside(const Statement &statement, int index, const char *const *words) {
  int depth = 0;
  for (; index < statement.last; index++) {
    if (IsSign(statement, index, '(')) depth++;
    if (IsSign(statement, index, ')')) depth--;
    if (depth == 0 && IsAnyWord(statement, index, words)) break;
  }
  return index;
}

const char *const kQueryWords[] = {"select", "with", "values", "table", nullptr};
const char *const kDataWords[] = {"select", "with",   "values", "table", "insert",
                                  "update", "delete", "merge",  nullptr};

Keep Classify(const Statement &statement, int index);

// CREATE: definitions by a query.
Keep ClassifyCreate(const Statement &statement, int index) {
  static const char *const kModifiers[] = {"or",           "replace", "temp",     "temporary",
                                           "local",        "global",  "unlogged", "recursive",
                                           "materialized", nullptr};
  static const char *const kAs[] = {"as", nullptr};
  while (IsAnyWord(statement, index, kModifiers)) index++;
  if (IsWord(statement, index, "view")) return Keep::kWhole;
  if (!IsWord(statement, index, "table")) return Keep::kTag;
  return FindOutside(statement, index, kAs) < statement.last ? Keep::kWhole : Keep::kTag;
}

// EXPLAIN: as what it explains.
Keep ClassifyExplain(const Statement &statement, int index) {
  static const char *const kOptions[] = {"analyze", "analyse", "verbose", nullptr};
  while (IsAnyWord(statement, index, kOptions)) index++;
  const bool options = IsSign(statement, index, '(') && !IsSign(statement, index + 1, '(') &&
                       !IsAnyWord(statement, index + 1, kQueryWords);
  if (options) {
    while (index < statement.last && !IsSign(statement, index, ')')) index++;
    index++;
  }
  return Classify(statement, index) == Keep::kWhole ? Keep::kWhole : Keep::kTag;
}

// PREPARE name AS, DECLARE name CURSOR FOR: as the statement behind the word.
Keep ClassifyBehind(const Statement &statement, int index, const char *word) {
  const char *const words[] = {word, nullptr};
  index = FindOutside(statement, index, words) + 1;
  return Classify(statement, index) == Keep::kWhole ? Keep::kWhole : Keep::kTag;
}

// What may be kept of the statement that begins at token `index`.
Keep Classify(const Statement &statement, int index) {
  if (index >= statement.last) return Keep::kNothing;
  if (IsSign(statement, index, '(')) {
    while (IsSign(statement, index, '(')) index++;
    return IsAnyWord(statement, index, kQueryWords) ? Keep::kWhole : Keep::kNothing;
  }
  if (statement.tokens[index].token_class != TokenClass::kKeyword) return Keep::kNothing;
  if (IsAnyWord(statement, index, kDataWords)) return Keep::kWhole;
  if (IsWord(statement, index, "create")) return ClassifyCreate(statement, index + 1);
  if (IsWord(statement, index, "refresh")) return Keep::kWhole;
  if (IsWord(statement, index, "truncate")) return Keep::kWhole;
  if (IsWord(statement, index, "copy")) return Keep::kCopy;
  if (IsWord(statement, index, "explain")) return ClassifyExplain(statement, index + 1);
  if (IsWord(statement, index, "prepare")) return ClassifyBehind(statement, index + 1, "as");
  if (IsWord(statement, index, "declare")) return ClassifyBehind(statement, index + 1, "for");
  return Keep::kTag;
}

// True where a byte can be part of a name or number, so that "$1" must not touch it.
bool IsNameByte(char c) {
  return IS_HIGHBIT_SET(c) || c == '_' || c == '$' || (c >= '0' && c <= '9') ||
         (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Appends tokens [first, last) with literals replaced, numbered from `next_param` on. Returns the
// number after the last one used.
int WriteNormalized(const Statement &statement, int first, int last, int next_param,
                    StringInfo out) {
  for (int i = first; i < last; i++) {
    const Token &token = statement.tokens[i];
    if (out->len > kLongestText) {
      appendStringInfoString(out, " ...");
      return next_param;
    }
    const bool apart = i > first && token.start > statement.tokens[i - 1].end;
    const bool literal = token.token_class == TokenClass::kLiteral;
    const bool behind_literal =
        i > first && statement.tokens[i - 1].token_class == TokenClass::kLiteral;
    const char head = literal ? '$' : statement.source[token.start];
    const bool touching = i > first && (literal || behind_literal) && IsNameByte(head) &&
                          IsNameByte(out->data[out->len - 1]);
    if (apart || touching) appendStringInfoChar(out, ' ');
    if (literal) {
      appendStringInfo(out, "$%d", next_param++);
    } else {
      appendBinaryStringInfo(out, statement.source + token.start, token.end - token.start);
    }
  }
  return next_param;
}

// The highest $n before token `last`.
int HighestParam(const Statement &statement, int last) {
  int highest = 0;
  for (int i = statement.first; i < last; i++) {
    const Token &token = statement.tokens[i];
    if (token.token_class == TokenClass::kParam) highest = Max(highest, token.param);
  }
  return highest;
}

// COPY up to its direction, and of the rest only STDIN, STDOUT, PROGRAM or "$n" for a file.
void WriteCopy(const Statement &statement, StringInfo out) {
  static const char *const kDirections[] = {"from", "to", nullptr};
  static const char *const kClient[] = {"stdin", "stdout", nullptr};
  const int direction = FindOutside(statement, statement.first, kDirections);
  const int last = Min(direction + 1, statement.last);
  const int file_param =
      WriteNormalized(statement, statement.first, last, HighestParam(statement, last) + 1, out);
  if (last >= statement.last) return;
  const bool client = IsAnyWord(statement, last, kClient);
  const bool program = IsWord(statement, last, "program");
  if (client || program) {
    const Token &word = statement.tokens[last];
    appendStringInfo(out, " %.*s", word.end - word.start, statement.source + word.start);
  }
  if (!client) appendStringInfo(out, " $%d", file_param);
}

// The command tag, by the server's own parser; NULL when it is not exactly one statement.
const char *CommandTagOf(const Statement &statement) {
  const int start = statement.tokens[statement.first].start;
  const int end = statement.tokens[statement.last - 1].end;
  char *text = pnstrdup(statement.source + start, end - start);
  const char *tag = nullptr;
  Quietly([&] {
    List *parsed = raw_parser(text, RAW_PARSE_DEFAULT);
    if (list_length(parsed) == 1) {
      tag = GetCommandTagName(CreateCommandTag(static_cast<Node *>(linitial(parsed))));
    }
  });
  return tag;
}

// Copies a value of the comment's JSON when it is made of harmless characters only.
void AppendDbtValue(const char *comment, int length, const char *key, StringInfo out) {
  char *text = pnstrdup(comment, length);
  const char *at = strstr(text, psprintf("\"%s\"", key));
  if (at == nullptr) return;
  at += strlen(key) + 2;
  at += strspn(at, " \t\r\n");
  if (*at++ != ':') return;
  at += strspn(at, " \t\r\n");
  if (*at++ != '"') return;
  const size_t size =
      strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
  if (size == 0 || size > 255 || at[size] != '"') return;
  appendStringInfo(out, ", \"%s\": \"%.*s\"", key, static_cast<int>(size), at);
}

// Appends what is kept of a dbt comment in front of the statement's first token.
void WriteDbtComment(const Statement &statement, StringInfo out) {
  const int from = statement.first > 0 ? statement.tokens[statement.first - 1].end : 0;
  const int to = statement.tokens[statement.first].start;
  char *gap = pnstrdup(statement.source + from, to - from);
  const char *comment = gap + strspn(gap, " \t\r\n");
  if (strncmp(comment, "/*", 2) != 0) return;
  const char *end = strstr(comment, "*/");
  if (end == nullptr) return;
  const int length = static_cast<int>(end - comment);
  StringInfoData app;
  initStringInfo(&app);
  AppendDbtValue(comment, length, "app", &app);
  if (strcmp(app.data, ", \"app\": \"dbt\"") != 0) return;
  const int empty = app.len;
  AppendDbtValue(comment, length, "node_id", &app);
  AppendDbtValue(comment, length, "invocation_id", &app);
  if (app.len > empty) appendStringInfo(out, "/* {%s} */ ", app.data + strlen(", "));
}

bool HasInnerSemicolon(const Statement &statement) {
  for (int i = statement.first; i < statement.last; i++) {
    if (IsSign(statement, i, ';')) return true;
  }
  return false;
}

// The text of a scanned statement, in the current context.
const char *Render(const Statement &statement, ScrubMode mode) {
  const Keep keep = Classify(statement, statement.first);
  if (keep == Keep::kNothing) return nullptr;
  if (keep == Keep::kTag) return CommandTagOf(statement);
  if (HasInnerSemicolon(statement)) return nullptr;
  StringInfoData out;
  initStringInfo(&out);
  if (keep == Keep::kCopy) {
    WriteDbtComment(statement, &out);
    WriteCopy(statement, &out);
  } else if (mode == ScrubMode::kFull) {
    const int start = statement.tokens[statement.first].start;
    const int end = statement.tokens[statement.last - 1].end;
    appendBinaryStringInfo(&out, statement.source + start, end - start);
  } else {
    WriteDbtComment(statement, &out);
    WriteNormalized(statement, statement.first, statement.last,
                    HighestParam(statement, statement.last) + 1, &out);
  }
  return pg_verifymbstr(out.data, out.len, true) ? out.data : nullptr;
}

}  // namespace

const char *ScrubStatement(const char *source, int location, int length, ScrubMode mode) {
  if (source == nullptr || mode == ScrubMode::kNone) return nullptr;
  const size_t size = strnlen(source, kLongestSource + 1);
  if (size > kLongestSource) return nullptr;
  const int start = Max(location, 0);
  const bool bounded = location >= 0 && length > 0;
  if (start > static_cast<int>(size) || (bounded && length > static_cast<int>(size) - start)) {
    return nullptr;
  }
  const int stop = bounded ? start + length : static_cast<int>(size);

  MemoryContext caller = CurrentMemoryContext;
  MemoryContext work = AllocSetContextCreate(caller, "pg_lineage scrub", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(work);
  Statement statement = {};
  statement.source = source;
  const char *text = nullptr;
  if (ScanStatement(start, stop, &statement)) {
    text = Render(statement, mode);
  }
  MemoryContextSwitchTo(caller);
  const char *result = text == nullptr ? nullptr : pstrdup(text);
  MemoryContextDelete(work);
  return result;
}

}  // namespace pg_lineage
