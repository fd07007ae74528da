#include "queue/pg_queue.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

TEST(PgQueueTest, WhatIsParkedCanBeStoredWhateverItsBytes) {
  EXPECT_EQ(StorableText("plain", "UTF8"), "plain");
  EXPECT_EQ(StorableText("gr\xC3\xB6\xC3\x9F"
                         "e",
                         "UTF8"),
            "gr\xC3\xB6\xC3\x9F"
            "e");
  EXPECT_EQ(StorableText("cut \xC3", "UTF8"), "cut \xEF\xBF\xBD");
  EXPECT_EQ(StorableText("\xE9", "SQL_ASCII"), "\xEF\xBF\xBD");
  EXPECT_EQ(StorableText("\xE2\x82\xAC 5", "LATIN1"), "??? 5");
  EXPECT_EQ(StorableText(std::string("a\0b", 3), "UTF8"), "a");
}

}  // namespace
}  // namespace shipper
