#include "sink/file_sink.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"
#include "sink/patient_sink.h"

namespace shipper {
namespace {

class FileSinkTest : public ::testing::Test {
 protected:
  FileSinkTest() { close(mkstemp(path_)); }
  ~FileSinkTest() override { std::remove(path_); }

  std::string Text() {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  static Entity Table() {
    Entity entity;
    entity.type = "table";
    entity.fqn = "svc.d.s.t";
    entity.path = "/v1/tables";
    entity.body = {{"name", "t"}};
    return entity;
  }

  char path_[32] = "/tmp/lineage-file-XXXXXX";
};

TEST_F(FileSinkTest, ALineIsTheRequest) {
  FileSink sink(path_);
  ASSERT_TRUE(sink.PutEntity(Table()).ok());
  ASSERT_TRUE(sink.PutLineage({"svc.d.s.a", "svc.d.s.b", {{"source", "QueryLineage"}}, {}}).ok());
  EXPECT_EQ(Text(), "") << "not before it is flushed";
  ASSERT_TRUE(sink.Flush().ok());
  EXPECT_EQ(Text(),
            "{\"method\":\"PUT\",\"path\":\"/v1/tables\",\"body\":{\"name\":\"t\"}}\n"
            "{\"method\":\"PUT\",\"path\":\"/v1/lineage\",\"body\":{\"edge\":{\"fromEntity\":"
            "{\"fullyQualifiedName\":\"svc.d.s.a\",\"type\":\"table\"},\"lineageDetails\":"
            "{\"source\":\"QueryLineage\"},\"toEntity\":{\"fullyQualifiedName\":\"svc.d.s.b\","
            "\"type\":\"table\"}}}}\n");
}

TEST_F(FileSinkTest, ALineThatACrashCutOffIsRemovedAndNothingElse) {
  std::ofstream(path_) << "{\"method\":\"PUT\"}\n{\"method\":\"PU";
  FileSink sink(path_);
  ASSERT_TRUE(sink.PutEntity(Table()).ok());
  ASSERT_TRUE(sink.Flush().ok());
  EXPECT_EQ(Text().find("{\"method\":\"PUT\"}\n{\"method\":\"PUT\",\"path\""), 0u);
  std::ofstream(path_) << "notes of somebody";
  FileSink other(path_);
  ASSERT_TRUE(other.Check().ok());
  EXPECT_EQ(Text(), "notes of somebody");
}

TEST_F(FileSinkTest, AnEmptiedFileIsNoticed) {
  FileSink sink(path_);
  EXPECT_TRUE(sink.Empty());
  ASSERT_TRUE(sink.PutEntity(Table()).ok());
  ASSERT_TRUE(sink.Flush().ok());
  EXPECT_FALSE(sink.Empty());
}

TEST_F(FileSinkTest, APlaceThatCannotBeWrittenIsAnOutageWithItsReason) {
  FileSink sink("/nowhere/out.ndjson");
  ASSERT_TRUE(sink.PutEntity(Table()).ok());
  Status status = sink.Flush();
  EXPECT_EQ(status.action, Action::kRetry);
  EXPECT_NE(status.message.find("/nowhere/out.ndjson"), std::string::npos);
}

TEST_F(FileSinkTest, APlaceThatIsNoneIsAFaultOfTheConfigurationWithItsFix) {
  for (const char *path : {"/nowhere/out.ndjson", "/", "/etc/passwd/x"}) {
    const Status status = FileSink(path).Check();
    EXPECT_EQ(status.fault, Fault::kAddress) << path;
    EXPECT_NE(status.message.find("mend sink.config.filename"), std::string::npos) << path;
  }
}

TEST_F(FileSinkTest, WhatADiskThatIsFullDidNotTakeIsNeverSaidToBeDone) {
  FileSink sink("/dev/full");
  FakeClock clock;
  PatientSink patient(&sink, &clock, 5, 1, 1);
  ASSERT_TRUE(patient.PutEntity(Table()).ok());
  EXPECT_FALSE(patient.Flush().ok());
}

TEST_F(FileSinkTest, OnlyTheOwnerMayRead) {
  std::remove(path_);
  FileSink sink(path_);
  ASSERT_TRUE(sink.Check().ok());
  struct stat info;
  ASSERT_EQ(stat(path_, &info), 0);
  EXPECT_EQ(info.st_mode & 077, 0u);
}

}  // namespace
}  // namespace shipper
