// The verb `report`: one self-contained HTML page of the lineage graph of one database.
//
// Reads lineage._edge_rows() and pg_catalog through a connection that the caller opened and keeps
// (main has checked it: server, extension, rights); writes nothing to the database. The page is
// written beside its place and renamed into it: an older page is whole until the new one is.
// What the connected role may not see is not on the page.
//
//   Status status = RunReport(connection, kDefaultReportPath);
//
// kDone: the page is there. kPark: it cannot be, the message names the cause and the fix (the path
// cannot be written, the graph cannot be laid out). Throws PgError where the database refuses or
// went away; where a right or the extension is missing its message says who can mend it.
#pragma once

#include <string>

#include "result.h"

namespace shipper {

class PgConnection;  // queue/pg_connection.h

constexpr char kDefaultReportPath[] = "lineage-report.html";

Status RunReport(PgConnection &connection, const std::string &output_path);

}  // namespace shipper
