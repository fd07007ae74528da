// Parts of JSON and hstore values, followed by their constant names to where the value was put
// together. Arrays are not told apart: a part of an array is that part of its elements.
#include "lineage/part_names.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// What a part is asked of: everything but the expression itself.
struct Asked {
  Builder *builder;
  QueryInfo *info;
  uint8 kind;
  SymBag *out;

  void Whole(Node *expr, uint8 use = kTransformation) const {
    AddExpr(builder, info, expr, Compose(kind, use), out);
  }
  void WholeOfEach(List *exprs, int from) const {
    for (int i = from; i < list_length(exprs); i++) Whole(static_cast<Node *>(list_nth(exprs, i)));
  }
  void Part(Node *expr, const FieldPath &path) const {
    AddField(builder, info, expr, path, Compose(kind, kTransformation), out);
  }
  void PartOrNull(Node *expr, const FieldPath &path) const {
    AddPartOrNull(builder, info, expr, path, Compose(kind, kTransformation), out);
  }
  // A part of a value, or all of it.
  void Rest(Node *expr, const FieldPath *path) const {
    if (path == nullptr) {
      Whole(expr);
    } else {
      Part(expr, *path);
    }
  }
  // The part at a path of `names`, and what is asked of it then.
  void At(Node *expr, const PodVector<const char *> &names, const FieldPath *then) const {
    PathOf(expr, names, names.size - 1, then);
  }

 private:
  // Builds the path from its end, in the two ways in which a number may be meant.
  void PathOf(Node *expr, const PodVector<const char *> &names, int at,
              const FieldPath *then) const {
    if (at < 0) {
      Rest(expr, then);
      return;
    }
    FieldPath named = FieldPath::Named(names[at], then);
    PathOf(expr, names, at - 1, &named);
    if (MayBeElement(names[at])) PathOf(expr, names, at - 1, then);
  }
};

Node *Argument(List *args, int number) { return static_cast<Node *>(list_nth(args, number)); }

// Arguments by name, which come last, in the order of the parameters. NIL: one between them is left
// to its default.
List *InOrder(List *args) {
  if (args == NIL || !IsA(llast(args), NamedArgExpr)) return args;
  PodVector<Node *> places = {};
  for (int i = 0; i < list_length(args); i++) places.Append(nullptr);
  for (int i = 0; i < list_length(args); i++) {
    Node *arg = Argument(args, i);
    int place = i;
    if (IsA(arg, NamedArgExpr)) {
      place = reinterpret_cast<NamedArgExpr *>(arg)->argnumber;
      arg = reinterpret_cast<Node *>(reinterpret_cast<NamedArgExpr *>(arg)->arg);
    }
    if (place >= places.size) return NIL;
    places[place] = arg;
  }
  List *ordered = NIL;
  for (Node *arg : places) ordered = lappend(ordered, arg);
  return ordered;
}

// A call, however it is written.
struct Call {
  Oid function;
  List *args;  // NIL: no call
  bool variadic;
};

Call CallOf(Node *expr) {
  if (IsA(expr, FuncExpr)) {
    FuncExpr *call = reinterpret_cast<FuncExpr *>(expr);
    return {call->funcid, InOrder(call->args), call->funcvariadic};
  }
  if (IsA(expr, OpExpr)) {
    OpExpr *op = reinterpret_cast<OpExpr *>(expr);
    return {OidIsValid(op->opfuncid) ? op->opfuncid : get_opcode(op->opno), op->args, false};
  }
  return {InvalidOid, NIL, false};
}

PartRole RoleOf(const Call &call) {
  return call.args == NIL ? PartRole::kNone : TraitsOf(call.function)->part;
}

// Without what leaves the parts as they are: json becomes jsonb.
Node *Bare(Node *expr) {
  for (;;) {
    Node *inner = PassedThrough(expr);
    if (IsA(expr, CoerceViaIO) && IsJson(exprType(expr)))
      inner = reinterpret_cast<Node *>(reinterpret_cast<CoerceViaIO *>(expr)->arg);
    if (inner == nullptr || (IsA(expr, CoerceViaIO) && !IsJson(exprType(inner)))) return expr;
    expr = inner;
  }
}

bool IsRow(Node *expr) { return type_is_rowtype(exprType(expr)); }

bool IsObject(Node *expr);

bool AreObjects(List *exprs) {
  ListCell *cell;
  foreach (cell, exprs) {
    Node *expr = static_cast<Node *>(lfirst(cell));
    if (!IsObject(IsA(expr, CaseWhen)
                      ? reinterpret_cast<Node *>(reinterpret_cast<CaseWhen *>(expr)->result)
                      : expr))
      return false;
  }
  return true;
}

// True for a value that is an object (or NULL): not an array, whatever its parts are.
bool IsObject(Node *expr) {
  expr = Bare(expr);
  if (IsA(expr, CoalesceExpr)) return AreObjects(reinterpret_cast<CoalesceExpr *>(expr)->args);
  if (IsA(expr, CaseExpr)) {
    CaseExpr *either = reinterpret_cast<CaseExpr *>(expr);
    return AreObjects(either->args) && IsObject(reinterpret_cast<Node *>(either->defresult));
  }
  if (IsA(expr, Const)) {
    const Const *constant = reinterpret_cast<Const *>(expr);
    if (constant->constisnull) return true;
    return constant->consttype == JSONBOID &&
           JB_ROOT_IS_OBJECT(DatumGetJsonbP(constant->constvalue));
  }
  const Call call = CallOf(expr);
  switch (RoleOf(call)) {
    case PartRole::kObject:
      return true;
    case PartRole::kSame:
      return IsRow(Argument(call.args, 0)) || IsObject(Argument(call.args, 0));
    case PartRole::kConcat:
      return IsObject(Argument(call.args, 0)) && IsObject(Argument(call.args, 1));
    case PartRole::kDelete:
    case PartRole::kSet:
      return IsObject(Argument(call.args, 0));
    default:
      return false;
  }
}

// True where a value has a part of this name, unless it is NULL.
bool HasPart(Node *expr, const char *name) {
  const Call call = CallOf(Bare(expr));
  switch (RoleOf(call)) {
    case PartRole::kObject:
      for (int i = 0; !call.variadic && i < list_length(call.args); i += 2) {
        const char *key = ConstantName(Argument(call.args, i));
        if (key != nullptr && strcmp(key, name) == 0) return true;
      }
      return false;
    case PartRole::kSame: {
      Node *row = Argument(call.args, 0);
      return IsRow(row) && NumberOfField(exprType(row), exprTypmod(row), name) > 0;
    }
    case PartRole::kConcat:
      return HasPart(Argument(call.args, 0), name) || HasPart(Argument(call.args, 1), name);
    default:
      return false;
  }
}

// What decides that a value is NULL: nothing for one that is put together here.
void AddNull(const Asked &asked, Node *expr) {
  expr = Bare(expr);
  const Call call = CallOf(expr);
  bool whole_row = IsA(expr, Var) && reinterpret_cast<Var *>(expr)->varattno == 0;
  if (whole_row || IsA(expr, RowExpr) || RoleOf(call) == PartRole::kObject ||
      RoleOf(call) == PartRole::kArray)
    return;
  if (RoleOf(call) == PartRole::kNone) {
    asked.Whole(expr, kConditional);
  } else if (RoleOf(call) != PartRole::kPopulate) {
    ListCell *cell;
    foreach (cell, call.args) AddNull(asked, static_cast<Node *>(lfirst(cell)));
  }
}

// jsonb_build_object('a', x, 'b', y)
bool AddObjectPart(const Asked &asked, const Call &call, const FieldPath &path) {
  if (call.variadic || path.name == nullptr) return false;
  for (int i = 0; i + 1 < list_length(call.args); i += 2) {
    const char *key = ConstantName(Argument(call.args, i));
    if (path.asked != nullptr) {
      if (key == nullptr) path.asked->unknown = true;
      if (key != nullptr) path.asked->Add(key);
      continue;
    }
    if (key == nullptr) {
      asked.Whole(Argument(call.args, i));
    } else if (strcmp(key, path.name) != 0) {
      continue;
    }
    asked.Rest(Argument(call.args, i + 1), path.then);
  }
  return true;
}

// a || b: of two objects the part of the second one, if it has it.
void AddConcatPart(const Asked &asked, List *args, const FieldPath &path) {
  Node *left = Argument(args, 0);
  Node *right = Argument(args, 1);
  asked.PartOrNull(right, path);
  if (path.name != nullptr && IsObject(left) && HasPart(right, path.name)) {
    AddNull(asked, left);
  } else {
    asked.PartOrNull(left, path);
  }
}

// The value at a path of `names` is another one. `certain`: it is, where there is an object.
void AddSetPart(const Asked &asked, Node *target, const PodVector<const char *> &names,
                bool certain, Node *put, const FieldPath &path) {
  const FieldPath *rest = &path;
  int same = 0;
  bool elements = false;
  for (; same < names.size && rest != nullptr && rest->name != nullptr; same++) {
    elements |= MayBeElement(names[same]);
    if (rest->asked != nullptr) rest->asked->Add(names[same]);
    if (strcmp(rest->name, names[same]) != 0) break;
    rest = rest->then;
  }
  if (elements) {
    if (AskedNames *question = path.AskedAtEnd()) question->unknown = true;
    asked.Whole(put);
    asked.PartOrNull(target, path);
  } else if (same < names.size && rest != nullptr) {  // it stays what it was
    AddNull(asked, put);
    asked.PartOrNull(target, path);
  } else {
    asked.Rest(put, same < names.size ? nullptr : rest);
    if (certain && names.size == 1 && IsObject(target)) {
      AddNull(asked, target);
    } else {
      asked.PartOrNull(target, path);
    }
  }
}

bool AddSetPart(const Asked &asked, const Call &call, const FieldPath &path) {
  PodVector<const char *> names = {};
  if (!NamesInArray(Argument(call.args, 1), &names)) return false;
  bool certain =
      list_length(call.args) == 3 && strcmp(get_func_name(call.function), "jsonb_set") == 0;
  AddSetPart(asked, Argument(call.args, 0), names, certain, Argument(call.args, 2), path);
  asked.WholeOfEach(call.args, 3);
  return true;
}

// Numbers of fields become names, as deep as `type` knows them.
const FieldPath *NamedPath(Oid type, const FieldPath *path) {
  if (path == nullptr || path->name != nullptr) return path;
  Oid element = get_element_type(getBaseType(type));
  if (OidIsValid(element)) type = element;
  TupleDesc desc = type_is_rowtype(type) ? lookup_rowtype_tupdesc_domain(type, -1, true) : nullptr;
  if (desc == nullptr) return path;
  FieldPath *named = static_cast<FieldPath *>(palloc(sizeof(FieldPath)));
  *named = *path;
  if (path->field >= 1 && path->field <= desc->natts) {
    const FormData_pg_attribute *attribute = TupleDescAttr(desc, path->field - 1);
    *named = FieldPath::Named(pstrdup(NameStr(attribute->attname)),
                              NamedPath(attribute->atttypid, path->then));
  }
  ReleaseTupleDesc(desc);
  return named;
}

// jsonb_populate_record(row, value): what the value does not have, the row has.
bool AddPopulatedPart(const Asked &asked, Node *call, List *args, const FieldPath &path) {
  const FieldPath *named = NamedPath(exprType(call), &path);
  if (named->name == nullptr) return false;
  asked.Part(Argument(args, 0), path);
  asked.PartOrNull(Argument(args, 1), *named);
  asked.WholeOfEach(args, 2);
  return true;
}

bool AddPathPart(const Asked &asked, List *args, const FieldPath *then) {
  constexpr int kMaxNumbers = 4;  // each may be meant in two ways
  PodVector<const char *> names = {};
  if (!NamesInArray(Argument(args, 1), &names)) return false;
  int numbers = 0;
  for (const char *name : names) numbers += MayBeElement(name) ? 1 : 0;
  if (names.size == 0 || numbers > kMaxNumbers) return false;
  asked.At(Argument(args, 0), names, then);
  return true;
}

bool AddKeyPart(const Asked &asked, List *args, const FieldPath *then) {
  const char *key = ConstantName(Argument(args, 1));
  if (key == nullptr) return false;
  asked.Part(Argument(args, 0), FieldPath::Named(key, then));
  return true;
}

Asked AskedOf(Builder *builder, QueryInfo *info, Oid function, uint8 kind, SymBag *out) {
  uint8 masking = TraitsOf(function)->masking ? kMaskingBit : 0;
  return {builder, info, static_cast<uint8>(kind | masking), out};
}

bool IsJsonSubscript(const SubscriptingRef *ref, PodVector<const char *> *names) {
  constexpr int kMaxNumbers = 4;
  if (getBaseType(ref->refcontainertype) != JSONBOID || !ConstantNames(ref->refupperindexpr, names))
    return false;
  int numbers = 0;
  for (const char *name : *names) numbers += MayBeElement(name) ? 1 : 0;
  return numbers <= kMaxNumbers;
}

}  // namespace

void AddPartOrNull(Builder *builder, QueryInfo *info, Node *expr, FieldPath path, uint8 kind,
                   SymBag *out) {
  int before = out->items.size;
  AddField(builder, info, expr, path, kind, out);
  if (out->items.size == before) AddNull({builder, info, kind, out}, expr);
}

bool AddPart(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
             FieldPath path, uint8 kind, SymBag *out) {
  const PartRole role = TraitsOf(function)->part;
  if (role == PartRole::kNone) return false;
  args = InOrder(args);
  if (args == NIL) return false;
  const Asked asked = AskedOf(builder, info, function, kind, out);
  const Call parts = {function, args,
                      IsA(call, FuncExpr) && reinterpret_cast<FuncExpr *>(call)->funcvariadic};
  switch (role) {
    case PartRole::kKey:
      return AddKeyPart(asked, args, &path);
    case PartRole::kPath:
      return AddPathPart(asked, args, &path);
    case PartRole::kObject:
      return AddObjectPart(asked, parts, path);
    case PartRole::kArray: {
      ListCell *cell;
      foreach (cell, args) asked.Part(static_cast<Node *>(lfirst(cell)), path);
      return true;
    }
    case PartRole::kPopulate:
      return AddPopulatedPart(asked, call, args, path);
    case PartRole::kConcat:
      AddConcatPart(asked, args, path);
      return true;
    case PartRole::kSet:
      return AddSetPart(asked, parts, path);
    case PartRole::kElement:
    case PartRole::kSame:
    case PartRole::kDelete:
      asked.Part(Argument(args, 0), path);
      asked.WholeOfEach(args, 1);
      return true;
    default:
      return false;
  }
}

void AddCallPart(int index, const FieldPath &path, uint8 kind, SymBag *out) {
  Sym call = {static_cast<uint32>(index), 0, kind, SymType::kCall};
  if (AskedNames *asked = path.AskedAtEnd()) {
    call.column = PathNumber(path.BeforeQuestion());
    asked->unknown |= call.column == kWholeValue;
    asked->same.Add(call);
    return;
  }
  call.column = PathNumber(path);
  if (call.column == kWholeValue) call.column = static_cast<int16>(path.field);
  call.kind = path.KindOf(kind);
  out->Add(call);
}

bool AddSubscriptPart(Builder *builder, QueryInfo *info, SubscriptingRef *ref, FieldPath path,
                      uint8 kind, SymBag *out) {
  PodVector<const char *> names = {};
  if (!IsJsonSubscript(ref, &names)) return false;
  const Asked asked = {builder, info, kind, out};
  Node *container = reinterpret_cast<Node *>(ref->refexpr);
  if (ref->refassgnexpr == nullptr) {
    asked.At(container, names, &path);
  } else {
    AddSetPart(asked, container, names, true, reinterpret_cast<Node *>(ref->refassgnexpr), path);
  }
  return true;
}

bool AddSelected(Builder *builder, QueryInfo *info, Node *expr, uint8 kind, SymBag *out) {
  if (IsA(expr, SubscriptingRef)) {
    SubscriptingRef *ref = reinterpret_cast<SubscriptingRef *>(expr);
    PodVector<const char *> names = {};
    if (ref->refassgnexpr != nullptr || !IsJsonSubscript(ref, &names)) return false;
    Asked{builder, info, kind, out}.At(reinterpret_cast<Node *>(ref->refexpr), names, nullptr);
    return true;
  }
  const Call call = CallOf(expr);
  const PartRole role = RoleOf(call);
  if (role != PartRole::kKey && role != PartRole::kPath) return false;
  const Asked asked = AskedOf(builder, info, call.function, kind, out);
  return role == PartRole::kKey ? AddKeyPart(asked, call.args, nullptr)
                                : AddPathPart(asked, call.args, nullptr);
}

bool AddNamedColumn(Builder *builder, QueryInfo *info, RangeTblFunction *function, FieldPath column,
                    uint8 kind, SymBag *out) {
  FuncExpr *call = reinterpret_cast<FuncExpr *>(function->funcexpr);
  const PartRole role = TraitsOf(call->funcid)->part;
  bool unnamed = role == PartRole::kPopulate && exprType(function->funcexpr) == RECORDOID;
  if ((role != PartRole::kToRecord && !unnamed) || column.field < 1 ||
      column.field > list_length(function->funccoltypes))
    return false;
  List *args = InOrder(call->args);
  if (args == NIL) return false;
  const Asked asked = AskedOf(builder, info, call->funcid, kind, out);
  Oid type = list_nth_oid(function->funccoltypes, column.field - 1);
  const char *name = strVal(list_nth(function->funccolnames, column.field - 1));
  Node *value = Argument(args, unnamed ? 1 : 0);
  if (unnamed) asked.Part(Argument(args, 0), column);
  asked.Part(value, FieldPath::Named(name, NamedPath(type, column.then)));
  return true;
}

}  // namespace pg_lineage
