// See scrub_tokens.h.
#include "queue/scrub_tokens.h"

namespace pg_lineage {
namespace {

// The first token codes of every parser on the core scanner (parser/scanner.h). Keywords get one
// code of our own, by our own keyword table, so that nothing depends on the server's grammar.
enum ScannerCode : int {
  kCodeIdent = 258,
  kCodeUnicodeIdent,
  kCodeFloat,
  kCodeString,
  kCodeUnicodeString,
  kCodeBits,
  kCodeHexBits,
  kCodeOperator,
  kCodeInteger,
  kCodeParam,
  kCodeTypecast,
  kCodeNotEquals = kCodeTypecast + 6,
  kCodeKeyword = 1000,
};

// Class of a scanner code; false for one that we do not know, which makes the text doubtful.
bool ClassOf(int code, TokenClass *token_class) {
  switch (code) {
    case kCodeIdent:
    case kCodeUnicodeIdent:
      *token_class = TokenClass::kName;
      return true;
    case kCodeFloat:
    case kCodeString:
    case kCodeUnicodeString:
    case kCodeBits:
    case kCodeHexBits:
    case kCodeInteger:
      *token_class = TokenClass::kLiteral;
      return true;
    case kCodeParam:
      *token_class = TokenClass::kParam;
      return true;
    case kCodeKeyword:
      *token_class = TokenClass::kKeyword;
      return true;
    default:
      *token_class = TokenClass::kSign;
      return code == kCodeOperator || (code >= kCodeTypecast && code <= kCodeNotEquals) ||
             (code > 0 && code < 256 && strchr(",()[].;:+-*/%^<>=", code) != nullptr);
  }
}

// A second opinion that does not rest on token codes: no quote and no leading digit may survive.
bool LooksLikeLiteral(const char *text, int length) {
  if (text[0] == '"' || ((text[0] == 'U' || text[0] == 'u') && length > 2 && text[2] == '"')) {
    return false;
  }
  return (text[0] >= '0' && text[0] <= '9') || memchr(text, '\'', length) != nullptr ||
         (text[0] == '$' && length > 1);
}

// Scans up to the first token at or behind `stop`. Raises what the scanner raises; false on a token
// that is not understood.
bool ScanTokens(const char *source, int stop, bool standard_strings, PodVector<Token> *tokens) {
  uint16 *codes = static_cast<uint16 *>(palloc(sizeof(uint16) * ScanKeywords.num_keywords));
  for (int i = 0; i < ScanKeywords.num_keywords; i++) codes[i] = kCodeKeyword;
  core_yy_extra_type extra;
  core_yyscan_t scanner = scanner_init(source, &extra, &ScanKeywords, codes);
  extra.standard_conforming_strings = standard_strings;
  extra.backslash_quote = BACKSLASH_QUOTE_ON;
  extra.escape_string_warning = false;
  for (;;) {
    core_YYSTYPE value;
    YYLTYPE location;
    const int code = core_yylex(&value, &location, scanner);
    if (code == 0 || location >= stop) return true;
    Token token = {};
    token.start = location;
    // flex keeps a zero byte behind the token it has just returned
    token.end = location + static_cast<int>(strlen(extra.scanbuf + location));
    if (!ClassOf(code, &token.token_class)) return false;
    if (token.token_class == TokenClass::kKeyword) token.keyword = value.keyword;
    if (token.token_class == TokenClass::kParam) {
      token.param = value.ival;
      if (token.param < 0 || token.param > PG_UINT16_MAX) return false;
    } else if (token.token_class != TokenClass::kLiteral &&
               LooksLikeLiteral(source + token.start, token.end - token.start)) {
      return false;
    }
    tokens->Append(token);
  }
}

// Runs ScanTokens with one setting of standard_conforming_strings; false on any trouble.
bool TryScan(const char *source, int stop, bool standard_strings, PodVector<Token> *tokens) {
  bool understood = false;
  const bool ok = Quietly([&] { understood = ScanTokens(source, stop, standard_strings, tokens); });
  return ok && understood;
}

bool SameTokens(const PodVector<Token> &a, const PodVector<Token> &b) {
  if (a.size != b.size) return false;
  for (int i = 0; i < a.size; i++) {
    if (a[i].start != b[i].start || a[i].end != b[i].end || a[i].token_class != b[i].token_class) {
      return false;
    }
  }
  return true;
}

// Scans as the statement was parsed. What a backslash means hangs on standard_conforming_strings,
// which may have changed since: where both readings are possible and differ, there is no answer.
// One that fails cannot be the one by which the statement was parsed.
bool Scan(const char *source, int stop, PodVector<Token> *tokens) {
  const bool plain = TryScan(source, stop, true, tokens);
  if (memchr(source, '\\', strlen(source)) == nullptr) return plain;
  PodVector<Token> escaped = {};
  if (!TryScan(source, stop, false, &escaped)) return plain;
  if (plain) return SameTokens(*tokens, escaped);
  *tokens = escaped;
  return true;
}

// Finds the statement's tokens among all those scanned; false when one lies across a border.
bool Select(int start, int stop, Statement *statement) {
  const PodVector<Token> &tokens = statement->tokens;
  statement->first = 0;
  while (statement->first < tokens.size && tokens[statement->first].start < start) {
    if (tokens[statement->first++].end > start) return false;
  }
  statement->last = tokens.size;
  if (statement->first >= statement->last || tokens[statement->last - 1].end > stop) return false;
  while (statement->last > statement->first &&
         statement->source[tokens[statement->last - 1].start] == ';') {
    statement->last--;
  }
  return statement->last > statement->first;
}

}  // namespace

bool ScanStatement(int start, int stop, Statement *statement) {
  return Scan(statement->source, stop, &statement->tokens) && Select(start, stop, statement);
}

}  // namespace pg_lineage
