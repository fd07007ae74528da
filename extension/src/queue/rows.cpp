#include "queue/rows.h"

#include "edge/compat.h"
#include "queue/shared.h"

namespace pg_lineage {

void FeedRow(StoreTable *queue, const char *kind, int64 ref, const char *object,
             const char *object_type) {
  uint64 xid = U64FromFullTransactionId(GetTopFullTransactionId());
  Row row = {};
  row.Add(Int64GetDatum(TakeIds(1)));
  row.Add(TimestampTzGetDatum(GetCurrentTimestamp()));
  row.Add(UInt64GetDatum(xid));
  row.AddText(kind);
  row.Add(Int64GetDatum(ref));
  row.AddText(object);
  row.AddText(object_type);
  StoreInsertRow(queue, row);
}

FeedWriter BeginFeed(StoreTable *queue) {
  FeedWriter feed = {queue, 0, false, false, false};
  feed.full = FeedFull(&feed.told);
  return feed;
}

void Feed(FeedWriter *feed, const char *kind, int64 ref) {
  if (feed->full && feed->told) return;
  FeedRow(feed->queue, feed->full ? "resync" : kind, ref, NULL, NULL);
  feed->wrote_resync = feed->told = feed->full;
  feed->rows++;
}

}  // namespace pg_lineage
