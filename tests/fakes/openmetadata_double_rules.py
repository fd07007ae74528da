"""What an OpenMetadata server takes and what it refuses, per release (1.2, 1.9, 2.0).

Facts only, no state: names and their quoting, the fields of each create request, the closed lists
of values, the rules of columns and keys. Everything refused raises Refused, which carries the HTTP
status. The store (openmetadata_double_store.py) asks here before it changes anything.
"""

VERSIONS = {"1.2": "1.2.0", "1.9": "1.9.17", "2.0": "2.0.7"}

LENGTH_TYPES = {"CHAR", "VARCHAR", "BINARY", "VARBINARY"}
CONSTRAINTS = {"NULL", "NOT_NULL", "UNIQUE", "PRIMARY_KEY"}
_TYPES_1_2 = set(
    "NUMBER TINYINT SMALLINT INT BIGINT BYTEINT BYTES FLOAT DOUBLE DECIMAL NUMERIC TIMESTAMP "
    "TIMESTAMPZ TIME DATE DATETIME INTERVAL STRING MEDIUMTEXT TEXT CHAR LONG VARCHAR BOOLEAN "
    "BINARY VARBINARY ARRAY BLOB LONGBLOB MEDIUMBLOB MAP STRUCT UNION SET GEOGRAPHY ENUM JSON "
    "UUID VARIANT GEOMETRY BYTEA AGGREGATEFUNCTION ERROR FIXED RECORD NULL SUPER HLLSKETCH "
    "PG_LSN PG_SNAPSHOT TSQUERY TXID_SNAPSHOT XML MACADDR TSVECTOR UNKNOWN CIDR INET CLOB ROWID "
    "LOWCARDINALITY YEAR POINT POLYGON TUPLE SPATIAL TABLE NTEXT IMAGE IPV4 IPV6 "
    "DATETIMERANGE".split()
)
_TYPES_1_9 = _TYPES_1_2 | {"MEASURE HIDDEN", "MEASURE VISIBLE"} | set(
    "HLL LARGEINT QUANTILE_STATE AGG_STATE BITMAP UINT BIT MONEY MEASURE KPI HEIRARCHY".split()
)
DATA_TYPES = {"1.2": _TYPES_1_2, "1.9": _TYPES_1_9, "2.0": _TYPES_1_9 | {"HIERARCHYID"}}

_TABLES_1_2 = set(
    "Regular External View SecureView MaterializedView Iceberg Local Partitioned Foreign "
    "Transient".split()
)
TABLE_TYPES = {
    "1.2": _TABLES_1_2,
    "1.9": _TABLES_1_2 | {"Dynamic", "Stream"},
    "2.0": _TABLES_1_2 | {"Dynamic", "Stream", "Stage", "SemanticView"},
}
_KEYS_1_2 = {"UNIQUE", "PRIMARY_KEY", "FOREIGN_KEY", "SORT_KEY", "DIST_KEY"}
_LANGUAGES_1_2 = {"SQL", "Java", "JavaScript", "Python"}
_SOURCES_1_2 = set(
    "Manual ViewLineage QueryLineage PipelineLineage DashboardLineage DbtLineage".split()
)
_SOURCES = _SOURCES_1_2 | set(
    "SparkLineage OpenLineage ExternalTableLineage CrossDatabaseLineage ChildAssets".split()
)

_PIPELINE_TYPES = set(
    "metadata usage lineage profiler TestSuite dataInsight elasticSearchReindex dbt".split()
)

# collection -> (entity type, field that names the parent, type of the parent)
COLLECTIONS = {
    "services/databaseServices": ("databaseService", None, None),
    "databases": ("database", "service", "databaseService"),
    "databaseSchemas": ("databaseSchema", "database", "database"),
    "tables": ("table", "databaseSchema", "databaseSchema"),
    "storedProcedures": ("storedProcedure", "databaseSchema", "databaseSchema"),
    "classifications": ("classification", None, None),
    "tags": ("tag", "classification", "classification"),
    "queries": ("query", "service", "databaseService"),
    "users": ("user", None, None),
    "teams": ("team", None, None),
    "services/ingestionPipelines": ("ingestionPipeline", "service", "databaseService"),
}
_COMMON = set("name displayName description tags dataProducts".split())
_DATA = _COMMON | set("extension sourceUrl lifeCycle sourceHash".split())
_OWN_FIELDS = {
    "databaseService": _COMMON | {"serviceType", "connection"},
    "database": _DATA | {"service", "default", "retentionPeriod"},
    "databaseSchema": _DATA | {"database", "retentionPeriod"},
    "table": _DATA
    | set(
        "tableType columns tableConstraints tablePartition tableProfilerConfig databaseSchema "
        "retentionPeriod fileFormat".split()
    ),
    "storedProcedure": _DATA | {"storedProcedureCode", "databaseSchema"},
    "classification": _COMMON | {"mutuallyExclusive", "provider"},
    "tag": _COMMON | set("classification parent associatedTags mutuallyExclusive provider".split()),
    "query": _COMMON | set("query service query_type duration queryDate dialect users usedBy "
                           "queryUsedIn triggeredBy processedLineage exclude_usage".split()),
    "user": _COMMON | {"email", "isBot"},
    "team": _COMMON | {"teamType"},
    "ingestionPipeline": set("name displayName description pipelineType sourceConfig "
                             "airflowConfig loggerLevel service".split()),
}
_REQUIRED = {
    "databaseService": ("name", "serviceType"),
    "database": ("name", "service"),
    "databaseSchema": ("name", "database"),
    "table": ("name", "databaseSchema", "columns"),
    "storedProcedure": ("name", "databaseSchema", "storedProcedureCode"),
    "classification": ("name", "description"),
    "tag": ("name", "classification", "description"),
    "query": ("query", "service"),
    "user": ("name", "email"),
    "team": ("name", "teamType"),
    "ingestionPipeline": ("name", "pipelineType", "sourceConfig", "airflowConfig", "service"),
}
_COLUMN_FIELDS = set(
    "name displayName dataType arrayDataType dataLength precision scale dataTypeDisplay "
    "description fullyQualifiedName tags constraint ordinalPosition jsonSchema children "
    "customMetrics profile".split()
)
_DETAIL_FIELDS = {"sqlQuery", "columnsLineage", "pipeline", "description", "source"}


class Refused(Exception):
    """The answer is not 2xx: `code` is the HTTP status, the text is the message of the body."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def bad(message):
    """Shorthand for the answer 400."""
    return Refused(400, message)


def quote_name(name):
    """One part of a fully qualified name as the server writes it."""
    if len(name) > 1 and name[0] == '"' and name[-1] == '"' and '"' not in name[1:-1]:
        return name if "." in name else name[1:-1]
    if '"' in name:
        raise bad(f"Invalid name {name}")
    return f'"{name}"' if "." in name else name


def check_name(name, what):
    """Names have 1 to 256 characters and hold neither a colon pair nor a quote."""
    if not isinstance(name, str) or not 1 <= len(name) <= 256:
        raise bad(f"[{what} name size must be between 1 and 256]")
    if "::" in name or '"' in name:
        raise bad(f'[{what} name must match "^((?!::).)*$"]: {name}')


def closed(value, allowed, what):
    """Refuses what is no JSON object or has a field that the release does not know."""
    if not isinstance(value, dict):
        raise bad(f"Cannot deserialize {what} from {type(value).__name__}")
    unknown = sorted(set(value) - allowed)
    if unknown:
        raise bad(f'Unrecognized field "{unknown[0]}" (class {what}), not marked as ignorable')


def one_of(value, allowed, what):
    """Refuses a value outside a closed list."""
    if value not in allowed:
        raise bad(f"Cannot deserialize {what} from String \"{value}\": not one of the values")


def fields_of(kind, version):
    """The fields that the create request of an entity type has in a release."""
    own = set(_OWN_FIELDS[kind])
    if version == "1.2":
        own |= {"owner", "domain"}
        return own | ({"viewDefinition"} if kind == "table" else set())
    own |= {"owners", "domains"}
    if kind == "databaseService":
        own |= {"ingestionRunner"} | ({"style"} if version == "2.0" else set())
    elif kind == "storedProcedure":
        own |= {"storedProcedureType"}
    elif kind == "ingestionPipeline":
        own |= {"raiseOnError", "provider", "processingEngine"}
        own |= {"enableStreamableLogs"} if version == "2.0" else set()
    elif kind == "table":
        own |= {"schemaDefinition", "dataModel", "locationPath"}
        own |= {"aliases", "processedLineage"} if version == "2.0" else set()
    return own


def check_create(kind, body, version):
    """Everything about a create request that can be judged without knowing other entities."""
    closed(body, fields_of(kind, version), f"Create{kind[0].upper()}{kind[1:]}")
    for field in _REQUIRED[kind]:
        if body.get(field) is None:
            raise bad(f"[query param {field} must not be null]")
    check_name(body["name"], kind)
    source_hash = body.get("sourceHash")
    if source_hash is not None and not 1 <= len(source_hash) <= 32:
        raise bad("[sourceHash size must be between 1 and 32]")
    if kind == "table":
        _check_table(body, version)
    elif kind == "storedProcedure":
        _check_procedure(body, version)
    elif kind == "ingestionPipeline":
        one_of(body["pipelineType"], _PIPELINE_TYPES, "PipelineType")
        check_reference(body["service"])


def _check_procedure(body, version):
    code = body["storedProcedureCode"]
    closed(code, {"language", "code"}, "StoredProcedureCode")
    languages = _LANGUAGES_1_2 | (set() if version == "1.2" else {"External"})
    if "language" in code:
        one_of(code["language"], languages, "Language")
    if "storedProcedureType" in body:
        one_of(
            body["storedProcedureType"],
            {"StoredProcedure", "UDF", "StoredPackage", "Function"},
            "StoredProcedureType",
        )


def _check_table(body, version):
    if "tableType" in body:
        one_of(body["tableType"], TABLE_TYPES[version], "TableType")
    if not isinstance(body["columns"], list):
        raise bad("Cannot deserialize columns from a value that is no list")
    for column in body["columns"]:
        _check_column(column, version)
    names = [column["name"] for column in body["columns"]]
    if len(names) != len(set(names)):
        raise bad("Column name is repeated")
    keys = _KEYS_1_2 | (set() if version == "1.2" else {"CLUSTER_KEY"})
    allowed = {"constraintType", "columns", "referredColumns"}
    allowed |= set() if version == "1.2" else {"relationshipType"}
    for constraint in body.get("tableConstraints") or []:
        closed(constraint, allowed, "TableConstraint")
        one_of(constraint.get("constraintType"), keys, "ConstraintType")
        for column in constraint.get("columns") or []:
            if column not in names:
                raise bad(f"Invalid column name found in table constraint: {column}")
    _check_partition(body.get("tablePartition"), names, version)


def _check_partition(partition, names, version):
    if partition is None:
        return
    old = version == "1.2"
    closed(
        partition, {"columns", "intervalType", "interval"} if old else {"columns"}, "TablePartition"
    )
    for column in partition.get("columns") or []:
        if not old:
            closed(column, {"columnName", "intervalType", "interval"}, "PartitionColumnDetails")
        elif not isinstance(column, str):
            raise bad("Cannot deserialize value of type `java.lang.String` from Object value")
        name = column if old else column.get("columnName")
        if name not in names:
            raise bad(f"Invalid column name found in table partition: {name}")


def _check_column(column, version):
    allowed = _COLUMN_FIELDS | ({"extension"} if version == "2.0" else set())
    closed(column, allowed, "Column")
    check_name(column.get("name"), "column")
    one_of(column.get("dataType"), DATA_TYPES[version], "ColumnDataType")
    if column["dataType"] in LENGTH_TYPES and column.get("dataLength") is None:
        raise bad("For column data types char, varchar, binary, varbinary dataLength must not be "
                  f"null: {column['name']}")
    if column["dataType"] == "ARRAY":
        if column.get("arrayDataType") is None:
            raise bad(f"For column data type array, arrayDataType must not be null: "
                      f"{column['name']}")
        one_of(column["arrayDataType"], DATA_TYPES[version], "ArrayDataType")
    if column.get("constraint") is not None:
        one_of(column["constraint"], CONSTRAINTS, "Constraint")
    for child in column.get("children") or []:
        _check_column(child, version)


def check_details(details, version):
    """The shape of lineageDetails; whether its columns exist is the store's question."""
    allowed = set(_DETAIL_FIELDS)
    if version != "1.2":
        allowed |= {"createdAt", "createdBy", "updatedAt", "updatedBy", "assetEdges"}
    if version == "2.0":
        allowed |= {"tempLineageTables"}
    closed(details, allowed, "LineageDetails")
    if "source" in details:
        one_of(details["source"], _SOURCES_1_2 if version == "1.2" else _SOURCES, "Source")
    for pair in details.get("columnsLineage") or []:
        closed(pair, {"fromColumns", "toColumn", "function"}, "ColumnLineage")
    if details.get("pipeline") is not None:
        check_reference(details["pipeline"])


def check_reference(reference):
    """An entity reference needs the id and the type, whatever else it says."""
    allowed = set(
        "id type name fullyQualifiedName description displayName deleted inherited href".split()
    )
    closed(reference, allowed, "EntityReference")
    if not reference.get("id") or not reference.get("type"):
        raise bad("[edge.entity.id must not be null]")
