// Names in PL/pgSQL statements: which variable one means, and of what type it is there.
//
// The rules are those of the language's own hooks; written anew, because the server's need the
// state of a running routine.
#include "lineage/plpgsql_body.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

struct Names {
  PlpgsqlBody *body;
  const PLpgSQL_expr *expr;
};

// The item that a name of one to three parts means in a namespace; *used parts belong to it.
const PLpgSQL_nsitem *LookUp(const PLpgSQL_nsitem *level, const char *const *names, int size,
                             int *used) {
  while (level != nullptr) {
    const PLpgSQL_nsitem *item = level;
    for (; item->itemtype != PLPGSQL_NSTYPE_LABEL; item = item->prev) {
      if (strcmp(item->name, names[0]) != 0) continue;
      if (size > 1 && item->itemtype == PLPGSQL_NSTYPE_VAR) continue;
      *used = 1;
      return item;
    }
    if (size > 1 && strcmp(item->name, names[0]) == 0) {  // a block's label before the name
      const PLpgSQL_nsitem *inner = level;
      for (; inner->itemtype != PLPGSQL_NSTYPE_LABEL; inner = inner->prev) {
        if (strcmp(inner->name, names[1]) != 0) continue;
        if (size > 2 && inner->itemtype == PLPGSQL_NSTYPE_VAR) continue;
        *used = 2;
        return inner;
      }
    }
    level = item->prev;
  }
  return nullptr;
}

// A record whose fields are not known has fields of any type.
void TypeOfField(const PlpgsqlBody *body, const PLpgSQL_recfield *field, Param *param) {
  TupleDesc row = body->state.held[field->recparentno].row;
  int number = row == nullptr ? 0 : FieldOf(row, field->fieldname);
  if (row != nullptr && number == 0)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                    errmsg("record has no field \"%s\"", field->fieldname)));
  param->paramtype = UNKNOWNOID;
  param->paramtypmod = -1;
  if (number == 0) return;
  Form_pg_attribute attribute = TupleDescAttr(row, number - 1);
  param->paramtype = attribute->atttypid;
  param->paramtypmod = attribute->atttypmod;
  param->paramcollid = attribute->attcollation;
}

void TypeOfRecord(PlpgsqlBody *body, const PLpgSQL_rec *record, Param *param) {
  Held *held = &body->state.held[record->dno];
  param->paramtype = record->rectypeid;
  param->paramtypmod = -1;
  if (record->rectypeid != RECORDOID || held->row == nullptr) return;
  if (held->row->tdtypeid == RECORDOID && held->row->tdtypmod < 0)
    held->row = BlessTupleDesc(CreateTupleDescCopy(held->row));
  param->paramtype = held->row->tdtypeid;
  param->paramtypmod = held->row->tdtypmod;
}

Node *MakeParam(PlpgsqlBody *body, int dno, int location) {
  PLpgSQL_datum *datum = body->function->datums[dno];
  Param *param = makeNode(Param);
  param->paramkind = PARAM_EXTERN;
  param->paramid = dno + 1;
  param->location = location;
  switch (datum->dtype) {
    case PLPGSQL_DTYPE_VAR:
    case PLPGSQL_DTYPE_PROMISE: {
      const PLpgSQL_type *type = reinterpret_cast<PLpgSQL_var *>(datum)->datatype;
      Oid other = body->state.held[dno].type;
      param->paramtype = OidIsValid(other) ? other : type->typoid;
      param->paramtypmod = OidIsValid(other) ? -1 : type->atttypmod;
      // What was compiled to be read has the collation of no caller.
      bool own = OidIsValid(other) || type->collation == body->function->fn_input_collation;
      param->paramcollid = own ? get_typcollation(param->paramtype) : type->collation;
      break;
    }
    case PLPGSQL_DTYPE_REC:
      TypeOfRecord(body, reinterpret_cast<PLpgSQL_rec *>(datum), param);
      break;
    default:  // a field of a record: nothing else has a name
      TypeOfField(body, reinterpret_cast<PLpgSQL_recfield *>(datum), param);
      break;
  }
  return reinterpret_cast<Node *>(param);
}

// The datum of a record's field: the compiler has made one for each that the routine names.
int FieldDatum(const PlpgsqlBody *body, int record, const char *name) {
  int dno = reinterpret_cast<PLpgSQL_rec *>(body->function->datums[record])->firstfield;
  while (dno >= 0) {
    const PLpgSQL_recfield *field =
        reinterpret_cast<PLpgSQL_recfield *>(body->function->datums[dno]);
    if (strcmp(field->fieldname, name) == 0) break;
    dno = field->nextfield;
  }
  return dno;
}

Node *ResolveColumn(const Names *names, const ColumnRef *reference) {
  const char *parts[3] = {};
  int size = 0;
  bool star = false;
  ListCell *cell;
  foreach (cell, reference->fields) {
    Node *part = static_cast<Node *>(lfirst(cell));
    if (IsA(part, A_Star)) {
      star = true;
    } else if (size == 3) {
      return nullptr;
    } else {
      parts[size++] = strVal(part);
    }
  }
  int used = 0;
  if (size == 0 || (star && size == 3)) return nullptr;
  const PLpgSQL_nsitem *item = LookUp(names->expr->ns, parts, size, &used);
  if (item == nullptr) return nullptr;
  bool whole = used == size;
  if (item->itemtype == PLPGSQL_NSTYPE_VAR)
    return star ? nullptr : MakeParam(names->body, item->itemno, reference->location);
  if (whole) return MakeParam(names->body, item->itemno, reference->location);
  if (star || used != size - 1) return nullptr;
  int dno = FieldDatum(names->body, item->itemno, parts[size - 1]);
  return dno < 0 ? nullptr : MakeParam(names->body, dno, reference->location);
}

Node *BeforeColumn(ParseState *state, ColumnRef *reference) {
  const Names *names = static_cast<Names *>(state->p_ref_hook_state);
  if (names->body->function->resolve_option != PLPGSQL_RESOLVE_VARIABLE) return nullptr;
  return ResolveColumn(names, reference);
}

Node *AfterColumn(ParseState *state, ColumnRef *reference, Node *column) {
  const Names *names = static_cast<Names *>(state->p_ref_hook_state);
  PLpgSQL_resolve_option option = names->body->function->resolve_option;
  if (option == PLPGSQL_RESOLVE_VARIABLE) return nullptr;
  if (option == PLPGSQL_RESOLVE_COLUMN && column != nullptr) return nullptr;
  Node *variable = ResolveColumn(names, reference);
  if (variable != nullptr && column != nullptr)
    ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN), errmsg("column reference is ambiguous")));
  return variable;
}

Node *NumberedParam(ParseState *state, ParamRef *reference) {
  const Names *names = static_cast<Names *>(state->p_ref_hook_state);
  char name[16];
  snprintf(name, sizeof(name), "$%d", reference->number);
  const char *parts[1] = {name};
  int used = 0;
  const PLpgSQL_nsitem *item = LookUp(names->expr->ns, parts, 1, &used);
  return item == nullptr ? nullptr : MakeParam(names->body, item->itemno, reference->location);
}

// $n in a text that is executed.
Node *GivenParam(ParseState *state, ParamRef *reference) {
  const Names *names = static_cast<Names *>(state->p_ref_hook_state);
  if (reference->number < 1 || reference->number > names->body->given_types.size) return nullptr;
  Param *param = makeNode(Param);
  param->paramkind = PARAM_EXTERN;
  param->paramid = reference->number;
  param->paramtype = names->body->given_types[reference->number - 1];
  param->paramtypmod = -1;
  param->paramcollid = get_typcollation(param->paramtype);
  param->location = reference->location;
  return reinterpret_cast<Node *>(param);
}

// What is of unknown type takes the type that its place asks for.
Node *CoerceParam(ParseState *, Param *param, Oid type, int32, int location) {
  if (param->paramtype != UNKNOWNOID) return nullptr;
  Param *typed = static_cast<Param *>(copyObjectImpl(param));
  typed->paramtype = type;
  typed->paramtypmod = -1;
  typed->paramcollid = get_typcollation(type);
  typed->location = location;
  return reinterpret_cast<Node *>(typed);
}

void SetHooks(ParseState *state, void *arg) {
  const Names *names = static_cast<Names *>(arg);
  state->p_ref_hook_state = arg;
  state->p_coerce_param_hook = CoerceParam;
  if (names->expr == nullptr) {
    state->p_paramref_hook = GivenParam;
    return;
  }
  state->p_pre_columnref_hook = BeforeColumn;
  state->p_post_columnref_hook = AfterColumn;
  state->p_paramref_hook = NumberedParam;
}

}  // namespace

int FieldOf(TupleDesc row, const char *name) {
  for (int i = 0; i < row->natts; i++) {
    Form_pg_attribute attribute = TupleDescAttr(row, i);
    if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0) return i + 1;
  }
  return 0;
}

void SetNames(PlpgsqlBody *body, const PLpgSQL_expr *expr) {
  Names *names = static_cast<Names *>(palloc(sizeof(Names)));
  *names = {body, expr};
  body->parser_setup = SetHooks;
  body->parser_argument = names;
}

}  // namespace pg_lineage
