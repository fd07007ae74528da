#include "lineage/remote.h"

#include "edge/hash_table.h"
#include "lineage/source_set.h"

namespace pg_lineage {

namespace {

constexpr char kUnknown[] = "dblink:";
// The connection without a name, until the statement runs; no name that is kept holds an asterisk.
constexpr char kUnnamed[] = "dblink:*";
constexpr long kMaxConnections = 1000;

// What is kept of a connection string; empty: not given.
struct Place {
  const char *host;
  const char *port;
  const char *database;
  const char *user;  // names the database where nothing else does
  bool service;      // a file on the server's machine says the rest
};

struct Connection {
  char name[NAMEDATALEN];  // hash key; "": the one without a name
  char uri[256];           // "": what it leads to is not known
};

HTAB *connections = nullptr;
uint32 generation = 0;

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// True for what can only be a name: nothing that a password could hide in.
bool IsPlain(const char *text) {
  if (strlen(text) > 255) return false;
  for (const char *c = text; *c != '\0'; c++) {
    if (!IsAlphanumeric(*c) && (*c & 0x80) == 0 && strchr("_-./$ ,", *c) == nullptr) return false;
  }
  return true;
}

bool IsNumber(const char *text) { return strspn(text, "0123456789") == strlen(text); }

// An address in hexadecimal with colons.
bool IsAddress(const char *text) {
  return strlen(text) < 64 && strspn(text, "0123456789abcdefABCDEF:.") == strlen(text);
}

// Only the first of several hosts.
const char *First(const char *list) { return pnstrdup(list, strcspn(list, ",")); }

void Keep(Place *place, const char *key, const char *value) {
  if (strcmp(key, "host") == 0 && *value != '\0') place->host = First(value);
  if (strcmp(key, "hostaddr") == 0 && place->host == nullptr) place->host = First(value);
  if (strcmp(key, "port") == 0) place->port = First(value);
  if (strcmp(key, "dbname") == 0) place->database = value;
  if (strcmp(key, "user") == 0) place->user = value;
  if (strcmp(key, "service") == 0) place->service = true;
}

// The value of keyword = value, up to a space or within quotes; \ takes the next character as it
// is. False for a quote that does not end.
bool ReadValue(const char **at, char **value) {
  StringInfoData text;
  initStringInfo(&text);
  const char *c = *at;
  bool quoted = *c == '\'';
  if (quoted) c++;
  for (; *c != '\0'; c++) {
    if (quoted ? *c == '\'' : isspace(static_cast<unsigned char>(*c)) != 0) break;
    if (*c == '\\' && c[1] != '\0') c++;
    appendStringInfoChar(&text, *c);
  }
  if (quoted && *c++ != '\'') return false;
  *at = c;
  *value = text.data;
  return true;
}

const char *SkipSpace(const char *c) {
  while (isspace(static_cast<unsigned char>(*c))) c++;
  return c;
}

bool ReadKeywords(const char *c, Place *place) {
  for (c = SkipSpace(c); *c != '\0'; c = SkipSpace(c)) {
    size_t size = strcspn(c, "= \t\r\n");
    char *key = pnstrdup(c, size);
    c = SkipSpace(c + size);
    if (*c != '=') return false;
    c = SkipSpace(c + 1);
    char *value = nullptr;
    if (!ReadValue(&c, &value)) return false;
    Keep(place, key, value);
  }
  return true;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = pg_ascii_tolower(static_cast<unsigned char>(c));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// `size` characters of a URI, %XX taken back; NULL for a % that is none.
char *Decoded(const char *from, size_t size) {
  StringInfoData text;
  initStringInfo(&text);
  for (size_t i = 0; i < size; i++) {
    char c = from[i];
    if (c == '%') {
      if (size - i < 3) return nullptr;
      int high = HexDigit(from[i + 1]);
      int low = HexDigit(from[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return nullptr;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    appendStringInfoChar(&text, c);
  }
  return text.data;
}

bool KeepDecoded(Place *place, const char *key, const char *from, size_t size) {
  char *value = Decoded(from, size);
  if (value == nullptr) return false;
  if (*value != '\0') Keep(place, key, value);
  return true;
}

// [user[:password]@]host[:port][,…]
bool ReadAuthority(const char *from, size_t size, Place *place) {
  const char *authority = pnstrdup(from, size);
  const char *hosts = authority;
  if (const char *at = strrchr(authority, '@')) {
    size_t user = Min(strcspn(authority, ":"), static_cast<size_t>(at - authority));
    if (!KeepDecoded(place, "user", authority, user)) return false;
    hosts = at + 1;
  }
  size_t host = *hosts == '[' ? strcspn(hosts, "]") : strcspn(hosts, ":,");
  const char *rest = hosts + host;
  if (*hosts == '[') {
    if (*rest++ != ']') return false;
    hosts++;
    host--;
  }
  if (!KeepDecoded(place, "host", hosts, host)) return false;
  return *rest != ':' || KeepDecoded(place, "port", rest + 1, strcspn(rest + 1, ","));
}

// What follows postgresql://
bool ReadUri(const char *from, Place *place) {
  size_t authority = strcspn(from, "/?");
  if (!ReadAuthority(from, authority, place)) return false;
  const char *c = from + authority;
  if (*c == '/') {
    size_t database = strcspn(++c, "?");
    if (!KeepDecoded(place, "dbname", c, database)) return false;
    c += database;
  }
  while (*c != '\0') {  // ?key=value&key=value
    c++;
    size_t key = strcspn(c, "=&");
    if (c[key] != '=') return false;
    const char *value = c + key + 1;
    size_t size = strcspn(value, "&");
    if (!KeepDecoded(place, pnstrdup(c, key), value, size)) return false;
    c = value + size;
  }
  return true;
}

void AppendEncoded(StringInfo out, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if (IsAlphanumeric(*c) || strchr("-._~", *c) != nullptr) {
      appendStringInfoChar(out, *c);
    } else {
      appendStringInfo(out, "%%%02X", static_cast<unsigned char>(*c));
    }
  }
}

// Where libpq looks when nothing is said: the environment, then what it was built with.
const char *Or(const char *given, const char *variable, const char *otherwise) {
  if (given != nullptr) return given;
  const char *value = getenv(variable);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// NULL where a part is no name, so that a password may be in it.
char *UriOf(const Place &place) {
  const char *host = place.service ? place.host : Or(place.host, "PGHOST", "localhost");
  const char *port = Or(place.port, "PGPORT", DEF_PGPORT_STR);
  const char *database =
      place.service ? place.database : Or(place.database, "PGDATABASE", place.user);
  bool address = host != nullptr && strchr(host, ':') != nullptr && IsAddress(host);
  if ((host != nullptr && !address && !IsPlain(host)) || !IsNumber(port) ||
      (database != nullptr && !IsPlain(database)))
    return nullptr;
  StringInfoData uri;
  initStringInfo(&uri);
  appendStringInfoString(&uri, "postgresql://");
  if (address) {
    appendStringInfo(&uri, "[%s]", host);
  } else if (host != nullptr) {
    AppendEncoded(&uri, host);
  }
  if (host != nullptr) appendStringInfo(&uri, ":%s", port);
  appendStringInfoChar(&uri, '/');
  if (database != nullptr) AppendEncoded(&uri, database);
  return uri.data;
}

// The database of a foreign server; NULL where there is no such server.
char *UriOfServer(const char *name) {
  if (strlen(name) >= NAMEDATALEN) return nullptr;
  ForeignServer *server = GetForeignServerByName(name, true);
  if (server == nullptr) return nullptr;
  Place place = {};
  ListCell *cell;
  foreach (cell, server->options) {
    DefElem *option = lfirst_node(DefElem, cell);
    Keep(&place, option->defname, defGetString(option));
  }
  return UriOf(place);
}

Connection *FindConnection(const char *name) {
  if (connections == nullptr) return nullptr;
  return static_cast<Connection *>(hash_search(connections, name, HASH_FIND, nullptr));
}

void ForgetConnections() {
  generation++;
  if (connections != nullptr) hash_destroy(connections);
  connections = nullptr;
}

// `uri` NULL: it is not known what the connection leads to.
void SetConnection(const char *name, const char *uri) {
  generation++;
  if (connections != nullptr && hash_get_num_entries(connections) >= kMaxConnections)
    ForgetConnections();
  if (connections == nullptr)
    connections =
        MakeTable(&Connection::name, "pg_lineage dblink connections", 16, TopMemoryContext);
  bool found = false;
  Connection *connection =
      static_cast<Connection *>(hash_search(connections, name, HASH_ENTER, &found));
  bool known = uri != nullptr && strlen(uri) < sizeof(connection->uri);
  strlcpy(connection->uri, known ? uri : "", sizeof(connection->uri));
}

// A constant text; NULL for all else.
const char *ConstantText(Node *node) {
  if (node != nullptr && IsA(node, RelabelType))
    node = reinterpret_cast<Node *>(reinterpret_cast<RelabelType *>(node)->arg);
  if (node == nullptr || !IsA(node, Const)) return nullptr;
  Const *constant = reinterpret_cast<Const *>(node);
  if (constant->constisnull || constant->consttype != TEXTOID) return nullptr;
  return TextDatumGetCString(constant->constvalue);
}

bool IsConnectionString(const char *text) {
  return strchr(text, '=') != nullptr || strstr(text, "://") != nullptr;
}

// What dblink takes its connection's argument for, in its order; NULL: no constant.
char *DatasetOf(const char *connection) {
  if (connection == nullptr) return pstrdup(kUnknown);
  char *uri = nullptr;
  if (IsConnectionString(connection)) {
    uri = RemoteUri(connection);
    return uri == nullptr ? pstrdup(kUnknown) : uri;
  }
  char name[NAMEDATALEN];
  strlcpy(name, connection, sizeof(name));
  if (!IsPlain(name)) return pstrdup(kUnknown);
  if (FindConnection(name) == nullptr) uri = UriOfServer(name);
  return uri == nullptr ? psprintf("%s%s", kUnknown, name) : uri;
}

// The first argument where it names the connection: before another text, or of a function that has
// no other. NULL: the connection without a name.
Node *ConnectionArgument(const FuncExpr *call, RemoteCall kind) {
  if (call->args == NIL) return nullptr;
  Node *first = static_cast<Node *>(linitial(call->args));
  if (kind == RemoteCall::kResult) return first;
  bool texts =
      list_length(call->args) > 1 && exprType(static_cast<Node *>(lsecond(call->args))) == TEXTOID;
  return texts ? first : nullptr;
}

}  // namespace

RemoteCall RemoteCallOf(HeapTuple proc) {
  static const struct {
    const char *symbol;
    RemoteCall kind;
  } kSymbols[] = {{"dblink_record", RemoteCall::kRows},
                  {"dblink_fetch", RemoteCall::kRows},
                  {"dblink_get_result", RemoteCall::kResult},
                  {"dblink_connect", RemoteCall::kConnect}};
  if (reinterpret_cast<Form_pg_proc>(GETSTRUCT(proc))->prolang != ClanguageId)
    return RemoteCall::kNone;
  bool null = false;
  Datum library = SysCacheGetAttr(PROCOID, proc, Anum_pg_proc_probin, &null);
  const char *path = null ? "" : TextDatumGetCString(library);
  const char *slash = strrchr(path, '/');
  if (strncmp(slash == nullptr ? path : slash + 1, "dblink", 6) != 0) return RemoteCall::kNone;
  Datum source = SysCacheGetAttr(PROCOID, proc, Anum_pg_proc_prosrc, &null);
  const char *symbol = null ? "" : TextDatumGetCString(source);
  for (const auto &known : kSymbols) {
    if (strcmp(known.symbol, symbol) == 0) return known.kind;
  }
  return RemoteCall::kNone;
}

char *RemoteUri(const char *connection) {
  Place place = {};
  const char *scheme = strstr(connection, "://");
  bool uri = scheme != nullptr && (strncmp(connection, "postgresql://", 13) == 0 ||
                                   strncmp(connection, "postgres://", 11) == 0);
  bool fine = uri ? ReadUri(scheme + 3, &place) : ReadKeywords(connection, &place);
  return fine ? UriOf(place) : nullptr;
}

uint32 RemoteDataset(FuncExpr *call, RemoteCall kind, int size, const char *const *names) {
  Node *argument = ConnectionArgument(call, kind);
  const char *uri = argument == nullptr ? kUnnamed : DatasetOf(ConstantText(argument));
  return RegisterDataset(uri, size, names);
}

void NoteConnection(FuncExpr *call) {
  bool named = list_length(call->args) > 1;
  const char *name = named ? ConstantText(static_cast<Node *>(linitial(call->args))) : "";
  const char *target = ConstantText(static_cast<Node *>(llast(call->args)));
  if (name == nullptr) {  // any of them
    ForgetConnections();
    return;
  }
  char *uri = nullptr;
  if (target != nullptr) uri = IsConnectionString(target) ? RemoteUri(target) : UriOfServer(target);
  SetConnection(name, uri);
}

uint32 RemoteNow(uint32 dataset) {
  const char *text = UriText(dataset);
  if (text == nullptr || strncmp(text, kUnknown, strlen(kUnknown)) != 0) return dataset;
  const bool unnamed = strcmp(text, kUnnamed) == 0;
  const char *name = unnamed ? "" : text + strlen(kUnknown);
  if (!unnamed && *name == '\0') return dataset;
  const Connection *connection = FindConnection(name);
  const bool known = connection != nullptr && connection->uri[0] != '\0';
  if (!known && !unnamed) return dataset;
  int size = 0;
  const char **names = UriColumns(dataset, &size);
  return RegisterDataset(known ? connection->uri : kUnknown, size, names);
}

uint32 RemoteGeneration() { return generation; }

}  // namespace pg_lineage
