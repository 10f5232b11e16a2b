// Opening: migrations, versions, files that are not ours, and reading beside a writer.
#include "runtime/store/migrations.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/golden.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace skein::store::testing {
namespace {

using ::testing::HasSubstr;

std::int64_t no_time() {
  return 0;
}

class OpenTest : public ::testing::Test {
 protected:
  void fill(std::string_view bytes) {
    std::ofstream(layout_.database(), std::ios::binary) << bytes;
  }
  void create() { ASSERT_TRUE(writer::open(layout_, no_time)); }
  void execute(const std::string& sql) {
    SQLite::Database(layout_.database().string(), SQLite::OPEN_READWRITE).exec(sql);
  }
  error refused() {
    auto opened = writer::open(layout_, no_time);
    return opened ? error{errc::internal, "it was opened", ""} : opened.error();
  }

  scratch_dir dir_;
  state_layout layout_{dir_.path()};
};

TEST_F(OpenTest, TheSchemaIsTheGoldenOne) {
  create();
  SQLite::Database db(layout_.database().string());
  SQLite::Statement rows(db,
                         "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, "
                         "name");
  std::string dump;
  while (rows.executeStep()) dump += rows.getColumn(0).getString() + ";\n";
  dump +=
      "PRAGMA application_id = " + std::to_string(db.execAndGet("PRAGMA application_id").getInt()) +
      ";\n";

  // A released migration is never edited: a change is a new file.
  test::expect_golden("store_schema.sql", dump);
}

TEST_F(OpenTest, IsPrivateAndDurable) {
  create();
  struct stat status {};
  ASSERT_EQ(::stat(layout_.database().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  SQLite::Database db(layout_.database().string());
  EXPECT_EQ(db.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(db.execAndGet("PRAGMA application_id").getInt64(), application_id);
}

TEST_F(OpenTest, OpensAgain) {
  create();
  create();
  EXPECT_TRUE(reader::open(layout_));
}

TEST_F(OpenTest, AReaderNeedsAStore) {
  EXPECT_EQ(reader::open(layout_).error().code, errc::not_found);
  fill("");
  EXPECT_EQ(reader::open(layout_).error().code, errc::not_found);
  EXPECT_EQ(reader::open(state_layout{dir_.path() / "missing"}).error().code, errc::not_found);
}

TEST_F(OpenTest, ANewerSchemaIsRefusedWithBothVersions) {
  create();
  execute("UPDATE meta SET value = '99' WHERE name = 'schema_version'");
  const error failed = refused();
  EXPECT_EQ(failed.code, errc::unsupported);
  EXPECT_THAT(failed.message, HasSubstr("99"));
  EXPECT_THAT(failed.message,
              HasSubstr("knows " + std::to_string(newest_version(embedded::sql()))));
  EXPECT_EQ(reader::open(layout_).error().code, errc::unsupported);
}

TEST_F(OpenTest, GarbageIsRefusedAndLeftAlone) {
  for (const std::string& bytes :
       {std::string("x"), std::string("hello, world"), std::string(5000, 'x'),
        std::string("SQLite format 3\0", 16),
        std::string("SQLite format 3\0", 16) + std::string(5000, '\xff')}) {
    fill(bytes);
    const error failed = refused();
    EXPECT_EQ(failed.code, errc::corrupt) << bytes.size();
    EXPECT_THAT(failed.message, HasSubstr(layout_.database().string()));
    EXPECT_FALSE(failed.remedy.empty());
    EXPECT_FALSE(reader::open(layout_));
    std::stringstream left;
    left << std::ifstream(layout_.database(), std::ios::binary).rdbuf();
    EXPECT_EQ(left.str(), bytes);
  }
}

TEST_F(OpenTest, ATruncatedFileIsRefused) {
  create();
  const auto size = std::filesystem::file_size(layout_.database());
  for (const std::uintmax_t left :
       {size - 1, size - 4096, size / 2, std::uintmax_t{4096}, std::uintmax_t{99}}) {
    std::filesystem::resize_file(layout_.database(), left);
    EXPECT_EQ(refused().code, errc::corrupt) << left;
    EXPECT_EQ(reader::open(layout_).error().code, errc::corrupt) << left;
  }
}

TEST_F(OpenTest, ADamagedPageIsNoticed) {
  create();
  {
    std::fstream file(layout_.database(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4096 * 3);
    file << std::string(4096, '\x5a');
  }
  EXPECT_EQ(refused().code, errc::corrupt);
}

TEST_F(OpenTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  SQLite::Database(layout_.database().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE places (x); PRAGMA application_id = 7");
  const error failed = refused();
  EXPECT_EQ(failed.code, errc::corrupt);
  EXPECT_THAT(failed.message, HasSubstr("another program"));
  SQLite::Database db(layout_.database().string());
  EXPECT_EQ(db.execAndGet("PRAGMA journal_mode").getString(), "delete");
  EXPECT_FALSE(db.tableExists("runs"));
}

TEST_F(OpenTest, ASymbolicLinkIsNotFollowed) {
  const auto elsewhere = dir_.path() / "elsewhere";
  std::filesystem::create_symlink(elsewhere, layout_.database());
  EXPECT_EQ(refused().code, errc::io);
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

TEST_F(OpenTest, AMissingDirectoryNamesItself) {
  auto opened = writer::open(state_layout{dir_.path() / "missing"}, no_time);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::not_found);
  EXPECT_THAT(opened.error().message, HasSubstr("missing/skein.db"));
  EXPECT_FALSE(opened.error().remedy.empty());
}

TEST_F(OpenTest, AFailedMigrationLeavesTheVersionBefore) {
  const auto path = dir_.path() / "other.db";
  connection on(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, path);
  std::vector<embedded::file> files(embedded::sql().begin(), embedded::sql().end());
  ASSERT_TRUE(migrate(on, files));
  const std::uint32_t before = stored_version(on).value();
  files.push_back({"9001_bad.sql", "CREATE TABLE half (x); CREATE TABLE half (x);"});
  EXPECT_THROW(static_cast<void>(migrate(on, files)), SQLite::Exception);
  EXPECT_EQ(stored_version(on).value(), before);
  EXPECT_FALSE(on.database().tableExists("half"));
  files.back().text = "CREATE TABLE half (x);";
  ASSERT_TRUE(migrate(on, files));
  EXPECT_EQ(stored_version(on).value(), 9001U);
  EXPECT_EQ(migrate(on, embedded::sql()).error().code, errc::unsupported);
}

class ReaderTest : public StoreTest {};

TEST_F(ReaderTest, SeesEachCommitBesideAWriter) {
  auto beside = reader::open(layout_).value();
  EXPECT_EQ(beside->count_runs({}).value(), 0U);
  must(add_run{queued_run_of("a")});
  EXPECT_EQ(beside->count_runs({}).value(), 1U);
  must(admit("a"));
  EXPECT_EQ(beside->run("a")->state, run_state::prepare);
  EXPECT_EQ(beside->verify_chain().value(), 2U);
}

TEST_F(ReaderTest, DoesNotHoldTheWriterUp) {
  auto beside = reader::open(layout_).value();
  must(add_run{queued_run_of("a")});
  ASSERT_TRUE(beside->runs({.limit = 1}));
  must(add_run{queued_run_of("b")});
  EXPECT_EQ(beside->count_runs({}).value(), 2U) << "a query leaves no snapshot behind";
}

TEST_F(ReaderTest, PathsWithStrangeCharactersWork) {
  const scratch_dir outer;
  const state_layout layout{outer.path() / "a b?c#d%20\xC3\xBC"};
  std::filesystem::create_directory(layout.root);
  ASSERT_TRUE(writer::open(layout, no_time));
  EXPECT_TRUE(reader::open(layout));
}

}  // namespace
}  // namespace skein::store::testing
