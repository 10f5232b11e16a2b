// What code in a cell cannot reach. `intruder` tries it with system calls; see intruder/.
#include "tests/runtime/cell/cell_fixture.hpp"

#include <gmock/gmock.h>

#include <map>
#include <sstream>

namespace skein::cell::testing {
namespace {

/// What the intruder reported, by attempt.
std::map<std::string, std::string> attempts(const std::string& output) {
  std::map<std::string, std::string> all;
  std::istringstream words(output);
  std::string name;
  std::string outcome;
  while (words >> name >> outcome) all[name] = outcome;
  return all;
}

class containment_test : public cell_test {
 protected:
  std::map<std::string, std::string> intrude(const std::string& how) {
    let_intruder_in();
    start();
    const auto ended = run("./intruder " + how);
    EXPECT_EQ(command_end::exited, ended.end);
    EXPECT_EQ(0, ended.code) << ended.output;
    return attempts(ended.output);
  }
};

TEST_F(containment_test, B3_T3_1_no_namespace_or_mount_can_be_made) {
  const auto tried = intrude("namespaces");
  EXPECT_EQ(20U, tried.size());
  for (const auto& [name, outcome] : tried)
    EXPECT_EQ(name == "clone3" ? "ENOSYS" : "EPERM", outcome) << name;
}

TEST_F(containment_test, B3_kernel_interfaces_are_closed) {
  const auto tried = intrude("kernel");
  EXPECT_EQ(41U, tried.size());
  for (const auto& [name, outcome] : tried)
    EXPECT_EQ(name == "newer" ? "ENOSYS" : "EPERM", outcome) << name;
}

TEST_F(containment_test, T3_3_C8_without_a_grant_sockets_are_local) {
  const auto tried = intrude("sockets");
  EXPECT_EQ(13U, tried.size());
  for (const auto& [name, outcome] : tried) {
    if (name.starts_with("unix")) {
      EXPECT_EQ("ok", outcome) << name;
    } else {
      EXPECT_EQ(name.starts_with("inet") ? "EACCES" : "EAFNOSUPPORT", outcome) << name;
    }
  }
}

TEST_F(containment_test, T3_3_with_a_grant_they_are_tcp_and_udp_too) {
  spec_.families = sockets::internet;
  const auto tried = intrude("sockets");
  EXPECT_EQ(13U, tried.size());
  for (const std::string name : {"inet_stream", "inet6_stream", "inet_datagram", "unix_stream"})
    EXPECT_EQ("ok", tried.at(name)) << name;
  EXPECT_EQ("EPERM", tried.at("inet_raw"));
  EXPECT_EQ("EPERM", tried.at("inet_seqpacket"));
  EXPECT_EQ("EPROTONOSUPPORT", tried.at("inet_mptcp"));
  for (const std::string name : {"netlink", "packet", "vsock", "alg", "high_bits"})
    EXPECT_EQ("EAFNOSUPPORT", tried.at(name)) << name;
}

TEST_F(containment_test, what_builds_need_is_allowed) {
  const auto tried = intrude("allowed");
  EXPECT_EQ(12U, tried.size());
  for (const auto& [name, outcome] : tried) EXPECT_EQ("ok", outcome) << name;
}

TEST_F(containment_test, toolchains_of_this_machine_run) {
  start();
  // Threads, child processes, pipes and just-in-time compilers of each that is installed.
  for (const std::string tool :
       {"python3 -c 'import threading, subprocess; t = threading.Thread(target=print); t.start(); "
        "t.join(); subprocess.run([\"true\"], check=True)'",
        "node -e 'new (require(\"worker_threads\").Worker)(\"1\", {eval: true}); "
        "require(\"child_process\").execFileSync(\"true\")'",
        "java -version", "mvn -v", "git init -q /tmp/r", "perl -e 'fork; wait'",
        "gcc -xc -o /tmp/p - <<'END' && /tmp/p\nint main(void) { return 0; }\nEND\n",
        "cmake --version", "go version", "rustc --version", "ruby -e 1", "php -r 1"}) {
    const std::string name = tool.substr(0, tool.find(' '));
    const auto ended = run("command -v " + name + " >/dev/null || exit 0; " + tool);
    EXPECT_EQ(command_end::exited, ended.end) << tool << ended.output;
    EXPECT_EQ(0, ended.code) << tool << "\n" << ended.output;
  }
}

TEST_F(containment_test, B3_first_process_is_out_of_reach) {
  const auto tried = intrude("first_process");
  EXPECT_EQ(12U, tried.size());
  for (const auto& [name, outcome] : tried) {
    if (name == "kill") continue;
    EXPECT_NE("ok", outcome) << name;
  }
  EXPECT_EQ("alive\n", run("echo alive").output);
}

TEST_F(containment_test, T3_2_nothing_else_can_be_written_or_read) {
  const auto tried = intrude("files");
  EXPECT_EQ(13U, tried.size());
  for (const auto& [name, outcome] : tried) EXPECT_NE("ok", outcome) << name;
  EXPECT_EQ("EROFS", tried.at("device_mode"));
  EXPECT_EQ("EROFS", tried.at("device_owner"));
  // The mode refuses ordinary users; root is only kept out by the mount.
  EXPECT_THAT(tried.at("core_pattern"), ::testing::AnyOf("EROFS", "EACCES"));
  EXPECT_EQ("EBADF", tried.at("skein_cell_socket"));
}

TEST_F(containment_test, B3_no_capability_can_be_gained) {
  const auto tried = intrude("capabilities");
  EXPECT_EQ(5U, tried.size());
  for (const auto& [name, outcome] : tried) EXPECT_NE("ok", outcome) << name;
  EXPECT_EQ(
      "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
      "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n",
      run("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status").output);
}

#if defined(__x86_64__)
TEST_F(containment_test, B3_foreign_system_call_tables_kill) {
  let_intruder_in();
  start();
  for (const char* how : {"foreign", "x32"}) {
    const auto ended = run(std::string("exec ./intruder ") + how);
    EXPECT_EQ(command_end::signalled, ended.end) << how << ended.output;
    EXPECT_EQ("", ended.output) << how;
  }
}
#endif

TEST_F(containment_test, T3_2_T5_6_host_paths_do_not_exist) {
  start();
  const auto ended =
      run("for p in /home /root /run /var /sys /mnt /srv /opt /boot /media '" + folder_.string() +
          "' /etc/shadow /etc/ssl/private /etc/ssh "
          "/var/run/docker.sock /proc/1/root/etc; do test -e $p && echo $p; done; "
          "ls -A /.cell; true");
  EXPECT_EQ("", ended.output);
  EXPECT_EQ("/workspace\n", run("pwd -P").output);
}

TEST_F(containment_test, T3_6_a_link_out_of_the_workspace_leads_nowhere) {
  std::filesystem::create_symlink(folder_, spec_.base / "out");
  std::ofstream(folder_ / "secret") << "secret";
  start();
  EXPECT_NE(0, run("cat out/secret").code);
  EXPECT_NE(0, run("cat ../../../../../.." + (folder_ / "secret").string()).code);
}

TEST_F(containment_test, C8_B7_network_has_only_its_own_loopback) {
  start();
  EXPECT_EQ("lo\n", run("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '").output);
  EXPECT_EQ("1\n", run("wc -l < /proc/net/route").output);  // the headline
}

TEST_F(containment_test, T3_2_of_etc_only_the_toolchains_part_is_there) {
  start();
  EXPECT_EQ("", run("for f in /etc/fstab /etc/hostname /etc/npmrc /etc/pip.conf /etc/gitconfig "
                    "/etc/machine-id /etc/pam.d /etc/shadow- /etc/sudoers /etc/environment "
                    "/etc/apt /etc/maven/settings.xml; do test -e $f && echo $f; done; true")
                    .output);
  EXPECT_EQ(0,
            run("test -e /etc/ld.so.cache && test -d /etc/alternatives && ! touch /etc/ld.so.cache"
                " && ! touch /etc/alternatives/x")
                .code);
}

TEST_F(containment_test, account_is_the_cells_own) {
  start();
  EXPECT_EQ("skein skein cell\n",
            run("echo $(id -un) $(id -gn) $(cat /proc/sys/kernel/hostname)").output);
}

TEST_F(containment_test, descriptors_are_the_three_streams) {
  start();
  EXPECT_EQ("0 1 2 3 \n", run("echo $(ls /proc/self/fd) ''").output);  // 3: the folder ls reads
}

TEST_F(containment_test, proc_shows_neither_the_host_nor_the_first_process) {
  start();
  EXPECT_EQ("0\n", run("cat /proc/[0-9]*/comm | grep -c -E 'bwrap|cell_tests|init|skein'").output);
  EXPECT_EQ("", run("ls -A /proc/1").output);
}

}  // namespace
}  // namespace skein::cell::testing
