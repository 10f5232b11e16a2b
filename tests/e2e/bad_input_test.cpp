// What users and repositories throw at the program: each a clear error or a defined outcome.
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>

namespace skein::e2e {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class bad_input : public program_test {
 protected:
  /// The run's state, and that a failure names `word`.
  void ends(const nlohmann::json& object, const std::string& state, const std::string& word) {
    EXPECT_EQ(object["state"], state) << object.dump(1);
    EXPECT_THAT(object["failure"]["failureReason"].get<std::string>(), HasSubstr(word));
    EXPECT_FALSE(object["failure"]["suggestedNextAction"].get<std::string>().empty());
  }
};

TEST_F(bad_input, files_are_refused_with_their_place) {
  const auto url = repository("a", ":");
  auto misspelt = task(url, "true");
  misspelt.replace(misspelt.find("scope:"), 6, "scop: ");
  auto done = skein({"run", "-f", write("t.yaml", misspelt)});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.err, ContainsRegex("t\\.yaml:[0-9]+:[0-9]+: .*scop"));

  EXPECT_EQ(skein({"run", "-f", "missing.yaml"}).exit_code, 2);
  EXPECT_EQ(skein({"run", "-f", write("u.yaml", "a: \xff\xfe\n")}).exit_code, 2);
  EXPECT_EQ(skein({"run", "-f", write("b.yaml",
      "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
      "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n")}).exit_code, 2);
  sh("truncate -s 100M big.yaml");
  EXPECT_EQ(skein({"run", "-f", "big.yaml"}).exit_code, 2);
  EXPECT_EQ(skein({"run"}).exit_code, 2);
  EXPECT_EQ(skein({"nonsense"}).exit_code, 2);
}

TEST_F(bad_input, F1_vague_task_is_rejected_with_what_to_add) {
  const auto url = repository("a", ":");
  auto vague = task(url, "true");
  vague.replace(vague.find("\"Change the sources as the end-to-end test says\""), 48, "\"fix it\"");
  const auto object = run(vague);
  EXPECT_EQ(last_exit_, 3);
  ends(object, "rejected", "intent");
}

TEST_F(bad_input, F2_places_that_are_no_repository) {
  sh("mkdir empty-folder; git init -q --bare remote-empty.git");
  ends(run(task((directory_ / "nowhere").string(), "true")), "preparation_failed", "nowhere");
  ends(run(task((directory_ / "empty-folder").string(), "true")), "preparation_failed",
       "empty-folder");
  ends(run(task((directory_ / "remote-empty.git").string(), "true")), "preparation_failed",
       "remote-empty.git");
  EXPECT_EQ(last_exit_, 1);
}

TEST_F(bad_input, F1_what_no_worker_has_is_rejected_with_what_it_has) {
  const auto url = repository("a", "echo a >f");
  const auto rejected = run(task(url, "true", "true", "  resources: {memory: 900TiB}\n"));
  EXPECT_EQ(rejected["state"], "rejected") << rejected.dump(1);
  EXPECT_THAT(rejected["failure"]["failureReason"].get<std::string>(),
              HasSubstr("all cells of the worker together have"));
  for (const std::string wrong : {"{memory: 1MiB}", "{memory: lots}", "{cpus: 0}", "{cpus: -1}", "{gpus: 1}"}) {
    const auto file = write("t.yaml", task(url, "true", "true", "  resources: " + wrong + "\n"));
    EXPECT_EQ(skein({"run", "-f", file}).exit_code, 2) << wrong;
  }
}

TEST_F(bad_input, F2_missing_branch) {
  const auto url = repository("a", ":");
  auto other = task(url, "true");
  const auto at = other.find("}\n  scope");
  other.insert(at, ", branch: not-there");
  ends(run(other), "preparation_failed", "not-there");
}

TEST_F(bad_input, url_with_newline_is_no_url) {
  const auto done = skein({"run", "-f", write("t.yaml", task("/a\nb", "true"))});
  EXPECT_EQ(done.exit_code, 2);
}

TEST_F(bad_input, names_that_are_hard_to_say_survive_unchanged) {
  const auto url = repository("a",
      "printf 1 >'with space'; printf 2 >\"$(printf 'new\\nline')\"; printf 3 >\"$(printf 'latin-\\351')\"; "
      "printf 4 >Case; printf 5 >case; mkdir -p deep/er; printf 6 >deep/er/f");
  const auto object = run(task(url, "for f in * deep/er/*; do [ -f \"$f\" ] && printf x >>\"$f\"; done; true"));
  ASSERT_EQ(object["state"], "published") << object.dump(1);
  EXPECT_EQ(object["diff"]["files"], 6);
  const std::string branch = object["publication"]["branch"];
  EXPECT_EQ(sh("git --git-dir=remote/a.git show " + branch + ":Case"), "4x");
  EXPECT_EQ(sh("git --git-dir=remote/a.git show " + branch + ":case"), "5x");
  EXPECT_EQ(sh("git --git-dir=remote/a.git show \"" + branch + ":$(printf 'latin-\\351')\""), "3x");
  EXPECT_EQ(sh("git --git-dir=remote/a.git show \"" + branch + ":$(printf 'new\\nline')\""), "2x");
}

TEST_F(bad_input, symlinks_stay_symlinks_and_are_not_followed_out) {
  const auto url = repository("a", "ln -s /etc/passwd abs; ln -s ../../../../etc rel; echo x >f");
  const auto object = run(task(url, "echo y >>f; echo evil >>abs || true"));
  ASSERT_EQ(object["state"], "published") << object.dump(1);
  const std::string branch = object["publication"]["branch"];
  EXPECT_THAT(sh("git --git-dir=remote/a.git ls-tree " + branch), HasSubstr("120000"));
  EXPECT_EQ(sh("git --git-dir=remote/a.git show " + branch + ":abs"), "/etc/passwd");
  // A new one waits for a person to look at it.
  const auto made = run(task(url, "ln -s f made"));
  EXPECT_EQ(made["state"], "waiting_approval") << made.dump(1);
  EXPECT_THAT(skein({"diff", made["runId"]}).out, HasSubstr("new file mode 120000"));
}

TEST_F(bad_input, odd_files_left_in_the_workspace_are_left_out_and_said) {
  const auto url = repository("a", "echo x >f");
  const auto object = run(task(url,
      "mkfifo pipe; echo y >>f; echo z >locked; chmod 000 locked; mkdir .git; echo c >.git/config; "
      "mkdir shut; echo s >shut/s; chmod 000 shut"));
  ASSERT_EQ(object["state"], "published") << object.dump(1);
  EXPECT_THAT(skein({"trace", object["runId"]}).out, HasSubstr("pipe"));
  const std::string branch = object["publication"]["branch"];
  EXPECT_EQ(sh("git --git-dir=remote/a.git ls-tree -r " + branch + " | grep -c pipe || true"), "0\n");
}

TEST_F(bad_input, sparse_file_of_5_gb_is_refused_by_its_size) {
  const auto url = repository("a", "echo x >f");
  const auto object = run(task(url, "truncate -s 5G huge"));
  ends(object, "budget_exhausted", "huge");
}

TEST_F(bad_input, submodules_and_lfs_pointers_stay_what_they_are) {
  const auto url = repository("a",
      "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:00\\nsize 1\\n' >big.bin; "
      "printf '*.bin filter=lfs diff=lfs merge=lfs -text\\n' >.gitattributes; echo x >f; "
      "mkdir sub; git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,sub");
  const auto object = run(task(url, "echo y >>f"));
  ASSERT_EQ(object["state"], "published") << object.dump(1);
  EXPECT_EQ(object["diff"]["files"], 1);
  const std::string branch = object["publication"]["branch"];
  EXPECT_THAT(sh("git --git-dir=remote/a.git ls-tree " + branch), HasSubstr("160000 commit"));
}

TEST_F(bad_input, state_directory_that_cannot_be_used) {
  const auto url = repository("a", ":");
  const auto file = write("t.yaml", task(url, "echo x >f"));
  const auto missing = skein({"run", "-f", file, "--state-dir", "/proc/none/here"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("/proc/none"));
  sh("echo not a database >junk; mkdir st; cp junk st/skein.db");
  const auto junk = skein({"run", "-f", file, "--state-dir", (directory_ / "st").string()});
  EXPECT_EQ(junk.exit_code, 1);
  EXPECT_THAT(junk.err, HasSubstr("skein.db"));
}

TEST_F(bad_input, nobody_flies_what_is_left_to_a_daemon_that_is_not_there) {
  write("task.yaml", task(repository("a", "echo old >file"), "echo new >file"));
  const auto said = skein({"run", "-f", "task.yaml", "--detach"});
  EXPECT_EQ(last_exit_, 2);
  EXPECT_THAT(said.err, HasSubstr("--detach needs a daemon"));
}

}  // namespace skein::e2e
