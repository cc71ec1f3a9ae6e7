// SPDX-License-Identifier: Apache-2.0

#include "token_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/scratch_directory.h"
#include "gtest/gtest.h"

namespace millrace::command {
namespace {

class TokenFileTest : public ::testing::Test {
 protected:
  ScratchDirectory scratch_;
  TokenFile file_{scratch_.path() / "token"};
};

TEST_F(TokenFileTest, NoFileIsNoToken) { EXPECT_EQ(*file_.Load(), std::nullopt); }

TEST_F(TokenFileTest, EmptyFileIsNoToken) {
  std::ofstream(file_.path()) << "\n";
  EXPECT_EQ(*file_.Load(), std::nullopt);
}

TEST_F(TokenFileTest, LastTokenIsLoaded) {
  ASSERT_TRUE(file_.Store("first-and-longer").ok());
  ASSERT_TRUE(file_.Store("second").ok());
  EXPECT_EQ(*file_.Load(), "second");
}

TEST_F(TokenFileTest, FileIsReplacedNotRewritten) {
  ASSERT_TRUE(file_.Store("first").ok());
  std::ifstream old(file_.path());
  ASSERT_TRUE(file_.Store("second").ok());
  std::string token;
  old >> token;
  EXPECT_EQ(token, "first");
}

TEST_F(TokenFileTest, StoreLeavesNoOtherFile) {
  ASSERT_TRUE(file_.Store("t").ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch_.path()), {}), 1);
}

TEST_F(TokenFileTest, FailedStoreKeepsOldToken) {
  ASSERT_TRUE(file_.Store("first").ok());
  std::filesystem::create_directory(file_.path() + ".new");
  EXPECT_FALSE(file_.Store("second").ok());
  EXPECT_EQ(*file_.Load(), "first");
}

TEST_F(TokenFileTest, UnreadableFileIsAnError) {
  EXPECT_FALSE(TokenFile(scratch_.path()).Load().ok());
}

}  // namespace
}  // namespace millrace::command
