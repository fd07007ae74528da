// Many edges at once into OpenMetadata: what each step asks of the server goes over all
// connections, one step after the other: ids of what the edges name, the present edges, the merged
// ones.
//
// An edge with which anything is amiss is put once more by itself: what that says decides.
#include <set>

#include "retry.h"
#include "sink/edge_graph.h"
#include "sink/openmetadata_sink.h"
#include "translate/entities.h"

namespace shipper {

namespace {

using nlohmann::json;

constexpr size_t kWide = 16;  // so many edges around a table for one that is wanted are too many

// The routine that an edge shows, by its name in the catalog; "" where there is none.
std::string PipelineOf(const LineageEdge &edge) {
  const auto pipeline = edge.details.find("pipeline");
  return pipeline == edge.details.end() ? "" : pipeline->value("fullyQualifiedName", "");
}

std::string IdOf(const json &reference) {
  return reference.is_object() ? reference.value("id", "") : "";
}

}  // namespace

// Requests that may overtake each other; `outage` is the answer that ended the row, if any.
std::vector<HttpReply> OpenMetadataSink::SendStep(const std::string &method,
                                                  const std::vector<HttpRequest> &requests,
                                                  Status *outage) {
  std::vector<HttpReply> replies = http_->SendAll(
      requests, [&](const HttpReply &reply) { return !Classify(method, reply).outage; });
  for (const HttpReply &reply : replies) {
    if (reply.skipped) continue;
    if (reply.status == 0) version_.clear();  // as Call() has it
    const Status status = Classify(method, reply);
    if (status.outage) *outage = status;
  }
  return replies;
}

// Looks up together what is not known yet. Not done: the server is out.
Status OpenMetadataSink::FindAll(const std::vector<LineageEdge> &edges) {
  std::set<Key> wanted;
  for (const LineageEdge &edge : edges) {
    if (!HasEdgesByName()) {
      wanted.insert({"table", edge.from_fqn});
      wanted.insert({"table", edge.to_fqn});
    }
    const std::string pipeline = PipelineOf(edge);
    if (!pipeline.empty()) wanted.insert({"storedProcedure", pipeline});
  }
  std::vector<Key> keys;
  std::vector<HttpRequest> requests;
  for (const Key &key : wanted) {
    if (ids_.count(key) > 0) continue;
    keys.push_back(key);
    requests.push_back(FindRequest(key));
  }
  Status outage;
  const std::vector<HttpReply> replies = SendStep("GET", requests, &outage);
  for (size_t i = 0; i < keys.size(); ++i)
    if (!replies[i].skipped) Found(keys[i], Classify("GET", replies[i]), replies[i]);
  return outage;
}

// An edge with ids as this server takes it; false where not all of them are known.
bool OpenMetadataSink::NameKnown(const LineageEdge &edge, json *from, json *to,
                                 json *details) const {
  *details = edge.details;
  if (!HasEdgesByName()) AdaptDetails(major_, minor_, details);
  const auto refer = [&](const std::string &type, const std::string &fqn, json *reference) {
    const auto known = ids_.find({type, fqn});
    if (known == ids_.end()) return false;
    *reference = {{"id", known->second}, {"type", type}};
    return true;
  };
  const auto pipeline = details->find("pipeline");
  if (pipeline != details->end() && !pipeline->contains("id") &&
      !refer("storedProcedure", PipelineOf(edge), &*pipeline))
    return false;
  if (HasEdgesByName()) return true;
  return refer("table", edge.from_fqn, from) && refer("table", edge.to_fqn, to);
}

// A server may answer for the edges around a table what it knew a while ago, and what somebody took
// away since would come back: where that would go into a request, the edge is read by itself.
Status OpenMetadataSink::ReadOthers(const std::vector<Line *> &lines) {
  std::vector<Line *> again;
  std::vector<HttpRequest> requests;
  for (Line *line : lines) {
    if (line->alone || Merged(*line->edge, line->present, line->details) == line->details) continue;
    const EdgeEnds ends{line->edge->from_fqn, line->edge->to_fqn};
    again.push_back(line);
    requests.push_back(Request("GET", ReadPath(ends, IdOf(line->from), IdOf(line->to)), nullptr));
  }
  Status out;
  const std::vector<HttpReply> replies = SendStep("GET", requests, &out);
  for (size_t i = 0; i < again.size() && out.ok(); ++i) {
    Line *line = again[i];
    line->alone = !Present(Classify("GET", replies[i]), replies[i], IdOf(line->from),
                           IdOf(line->to), &line->present)
                       .ok();
  }
  return out;
}

// Reads the present edges; where that does not tell of one, it is put by itself. Not done: the
// server is out.
Status OpenMetadataSink::ReadLines(std::vector<Line *> *lines) {
  std::vector<EdgeEnds> ends;
  for (const Line *line : *lines) ends.push_back({line->edge->from_fqn, line->edge->to_fqn});
  const std::vector<EdgeRead> reads = PlanReads(ends, wide_);
  std::vector<HttpRequest> requests;
  for (const EdgeRead &read : reads) {
    const Line *first = (*lines)[read.edges[0]];
    const std::string path = read.hub.empty()
                                 ? ReadPath(ends[read.edges[0]], IdOf(first->from), IdOf(first->to))
                                 : "/lineage/table/name/" + PercentEncode(read.hub) +
                                       (read.into ? "?upstreamDepth=1&downstreamDepth=0"
                                                  : "?upstreamDepth=0&downstreamDepth=1");
    requests.push_back(Request("GET", path, nullptr));
  }
  Status out;
  const std::vector<HttpReply> replies = SendStep("GET", requests, &out);
  if (!out.ok()) return out;
  std::vector<Line *> together;
  for (size_t i = 0; i < reads.size(); ++i) {
    const Status status = Classify("GET", replies[i]);
    if (reads[i].hub.empty()) {
      Line *line = (*lines)[reads[i].edges[0]];
      line->alone =
          !Present(status, replies[i], IdOf(line->from), IdOf(line->to), &line->present).ok();
      continue;
    }
    const EdgeGraph graph(status.ok() ? json::parse(replies[i].body, nullptr, false) : json());
    if (graph.size() > kWide * reads[i].edges.size()) wide_.insert(reads[i].hub);
    for (size_t edge : reads[i].edges) {
      Line *line = (*lines)[edge];
      line->alone = !graph.Find(ends[edge].from_fqn, ends[edge].to_fqn, &line->present);
      together.push_back(line);
    }
  }
  return HasSingleEdges() ? ReadOthers(together) : out;
}

std::vector<Status> OpenMetadataSink::PutLineages(const std::vector<LineageEdge> &edges) {
  Status out = LearnVersion();
  if (out.ok()) out = FindAll(edges);
  std::vector<Line> lines(edges.size());
  std::vector<Line *> reading, putting;
  std::vector<HttpRequest> puts;
  for (size_t i = 0; i < edges.size() && out.ok(); ++i) {
    Line &line = lines[i];
    line.edge = &edges[i];
    line.alone = !NameKnown(edges[i], &line.from, &line.to, &line.details);
    if (line.alone) continue;
    reading.push_back(&line);
  }
  if (out.ok()) out = ReadLines(&reading);
  for (Line *line : reading) {
    if (line->alone || !out.ok()) continue;
    json request = Merged(*line->edge, line->present, line->details);
    if (!HasEdgesByName()) request = EdgeRequest(line->from, line->to, request);
    const EdgeEnds ends{line->edge->from_fqn, line->edge->to_fqn};
    const std::string path = HasEdgesByName() ? EdgePath(ends, "", "") : "";
    puts.push_back(Request("PUT", "/lineage" + path, &request));
    putting.push_back(line);
  }
  if (!out.ok()) return std::vector<Status>(edges.size(), out);
  const std::vector<HttpReply> replies = SendStep("PUT", puts, &out);
  for (size_t i = 0; i < putting.size(); ++i) {
    putting[i]->status = replies[i].skipped ? out : Classify("PUT", replies[i]);
    putting[i]->alone = !putting[i]->status.ok() && !putting[i]->status.outage;
  }
  std::vector<Status> outcomes;
  for (Line &line : lines) {
    if (line.alone) line.status = out.ok() ? PutLineage(*line.edge) : out;
    if (line.status.outage) out = line.status;
    outcomes.push_back(std::move(line.status));
  }
  return outcomes;
}

}  // namespace shipper
