// Dependencies, toolchain, mutants and memory of cells, as the built program does it.
#include "schema/identity.hpp"
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace skein::e2e {

using ::testing::HasSubstr;
using ::testing::Not;

class supply_e2e : public program_test {
 protected:
  std::string config(const std::string& more) {
    return write("skein.yaml", "apiVersion: skein/v1\nkind: Config\n" + more);
  }
  nlohmann::json trace(const nlohmann::json& run) {
    return nlohmann::json::parse(skein({"trace", run["runId"], "-o", "json"}).out);
  }
};

TEST_F(supply_e2e, T6_7_T6_10_WhatALockfileResolvesToIsKeptAndLookedUp) {
  sh("mkdir advisories");
  write("advisories/x.json",
        R"({"id": "GHSA-test-0001", "summary": "it leaks", "affected": [{"package":
        {"ecosystem": "Go", "name": "example.org/a"}, "ranges": [{"type": "SEMVER", "events":
        [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}]})");
  const auto with = config("advisories: " + (directory_ / "advisories").string() + "\n");
  const auto url = repository(
      "a",
      "printf 'module m\\nrequire example.org/a v1.2.0\\n' >go.mod; printf 'example.org/a v1.2.0 "
      "h1:aaaa=\\nexample.org/b v1.0.0 h1:bbbb=\\n' >go.sum");
  const auto change = [](const std::string& version) {
    return "sed -i s/v1.2.0/" + version + "/ go.mod go.sum";
  };
  const std::string may = "  capabilities: {modifyLockfile: true}\n";
  const auto good = run(task(url, change("v1.3.0"), "true", may), {"--config", with});
  EXPECT_EQ(good["state"], "published") << good.dump(1);
  const auto bad = run(task(url, change("v1.1.9"), "true", may), {"--config", with});
  EXPECT_EQ(bad["state"], "waiting_approval") << bad.dump(1);
  EXPECT_THAT(bad["findings"].dump(), HasSubstr("GHSA-test-0001"));
  EXPECT_THAT(trace(bad).dump(), HasSubstr("dependencies_resolved"));
  for (const auto& event : trace(bad)) {
    if (event.value("kind", "") != "dependencies_resolved") continue;
    EXPECT_EQ(event["payload"]["resolved"], 1);
    EXPECT_EQ(event["payload"]["vulnerable"], 1);
  }
}

TEST_F(supply_e2e, T6_9_APinnedToolIsNotedAndAnotherOneStopsTheFleet) {
  std::ifstream shell("/bin/sh", std::ios::binary);
  std::stringstream bytes;
  bytes << shell.rdbuf();
  const auto url = repository("a", "echo old >file");
  const auto with = config("toolchain: {/bin/sh: " + schema::sha256_hex(bytes.str()) + "}\n");
  const auto object = run(task(url, "echo new >file"), {"--config", with});
  EXPECT_EQ(object["state"], "published") << object.dump(1);
  EXPECT_THAT(trace(object).dump(), HasSubstr("toolchain_pinned"));
  write("task.yaml", task(url, "echo newer >file"));
  const auto other = config("toolchain: {/bin/sh: " + std::string(64, '0') + "}\n");
  const auto refused = skein({"run", "-f", "task.yaml", "--config", other});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("/bin/sh is not the one that is pinned"));
}

TEST_F(supply_e2e, T7_5_AFaultThatNoVerifierNoticesIsAFinding) {
  const auto url = repository("a", "printf 'def f(a):\\n    return 1\\n' >m.py");
  const std::string step = "printf 'def f(a):\\n    return a == 1\\n' >m.py";
  const auto with = config("mutants: 3\n");
  const auto blind = run(task(url, step, "test -f m.py"), {"--config", with});
  EXPECT_EQ(blind["state"], "published") << blind.dump(1);
  EXPECT_THAT(blind["findings"].dump(), HasSubstr("test.mutant_survived"));
  EXPECT_THAT(blind["findings"].dump(), HasSubstr("== becomes !="));
  const auto seeing = run(task(url, step, "! grep -q '!=' m.py"), {"--config", with});
  EXPECT_THAT(seeing["findings"].dump(), Not(HasSubstr("mutant_survived"))) << seeing.dump(1);
  const auto off = run(task(url, step, "true"));
  EXPECT_THAT(off["findings"].dump(), Not(HasSubstr("mutant_survived"))) << off.dump(1);
}

TEST_F(supply_e2e, T3_8_ACellCannotFillMoreThanItsDisk) {
  const auto with = config("cellDisk: 64MiB\n");
  const auto url = repository("a", "echo old >file");
  const auto object = run(task(url,
                               "head -c 200000000 /dev/zero >big 2>/dev/null; s=$(stat -c %s big); "
                               "rm -f big; [ $s -lt 100000000 ] && echo bounded >file",
                               "true"),
                          {"--config", with});
  // In memory of its own the writer gets ENOSPC; where the disk is watched, it is ended.
  if (object["state"] == "published") {
    const std::string branch = object["publication"]["branch"];
    EXPECT_EQ(sh("git --git-dir=remote/a.git show " + branch + ":file"), "bounded\n");
  } else {
    EXPECT_NE(last_exit_, 0) << object.dump(1);
  }
}

TEST_F(supply_e2e, T3_9_CellsWithMemoryOfTheirOwnAndWithoutGiveTheSameChange) {
  const auto url = repository("a", "mkdir -p d; echo old >file; echo x >d/gone; echo y >d/stays");
  const auto with = config("cellDisk: 16MiB\n");
  const std::string step = "echo STEP >file; rm d/gone; mkdir -p e/f; echo z >e/f/new";
  const auto own = run(task(url, step, "test ! -e d/gone && test -s e/f/new"), {"--config", with});
  EXPECT_EQ(own["state"], "published") << own.dump(1);
  environment_.push_back("SKEIN_WORKSPACES=disk");
  const auto disk =
      run(task(url, step + "; true", "test ! -e d/gone && test -s e/f/new"), {"--config", with});
  EXPECT_EQ(disk["state"], "published") << disk.dump(1);
  EXPECT_EQ(own["diff"]["sha256"], disk["diff"]["sha256"]);
}

}  // namespace skein::e2e
