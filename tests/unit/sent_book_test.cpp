#include "sent_book.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

TEST(SentBookTest, WhatWasLearntIsKnownAndNoChange) {
  SentBook book;
  book.Learn("entity:a", "1");
  EXPECT_TRUE(book.Has("entity:a"));
  EXPECT_TRUE(book.Has("entity:a", "1"));
  EXPECT_FALSE(book.Has("entity:a", "2"));
  EXPECT_FALSE(book.Has("entity:b"));
  book.Set("entity:a", "1");
  EXPECT_TRUE(book.Take().empty());
  book.Unlearn("entity:a");
  EXPECT_FALSE(book.Has("entity:a"));
  EXPECT_EQ(book.open(), 0u);
}

TEST(SentBookTest, ChangesAreHandedOutOnceInTheirOrder) {
  SentBook book;
  book.Set("a", "1");
  book.Set("a", "2");
  book.Erase("b");
  EXPECT_EQ(book.open(), 3u);
  const std::vector<StateChange> changes = book.Take();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].value, "1");
  EXPECT_EQ(changes[1].value, "2");
  EXPECT_EQ(changes[2].key, "b");
  EXPECT_FALSE(changes[2].value.has_value());
  EXPECT_EQ(book.open(), 0u);
  EXPECT_TRUE(book.Has("a", "2"));
}

TEST(SentBookTest, WhatDidNotLastIsAsItWasBefore) {
  SentBook book;
  book.Learn("a", "1");
  book.Learn("b", "1");
  book.Set("a", "2");
  book.Set("a", "3");
  book.Erase("b");
  book.Set("c", "1");
  book.Undo();
  EXPECT_TRUE(book.Has("a", "1"));
  EXPECT_TRUE(book.Has("b", "1"));
  EXPECT_FALSE(book.Has("c"));
  EXPECT_EQ(book.open(), 0u);
}

}  // namespace
}  // namespace shipper
