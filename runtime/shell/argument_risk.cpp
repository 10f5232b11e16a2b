#include "runtime/shell/argument_risk.hpp"

#include "runtime/shell/wrappers.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <iterator>

namespace skein::shell::detail {

namespace {

/// Long options that execute, load or write something in whichever command knows them. A word is
/// refused when it is one of these or an abbreviation of one.
constexpr std::string_view long_options[] = {
    "--exec",
    "--exec-path",
    "--exec-batch",
    "--exec-prefix",
    "--output",
    "--output-file",
    "--output-directory",
    "--outfile",
    "--outdir",
    "--out-dir",
    "--config",
    "--config-file",
    "--config-env",
    "--init-script",
    "--init-file",
    "--pre",
    "--pager",
    "--editor",
    "--eval",
    "--command",
    "--rsh",
    "--rcfile",
    "--upload-pack",
    "--receive-pack",
    "--ext-diff",
    "--textconv",
    "--to-command",
    "--checkpoint-action",
    "--use-compress-program",
    "--compress-program",
    "--script-shell",
    "--open-files-in-pager",
    "--node-options",
    "--import",
    "--require",
    "--loader",
    "--experimental-loader",
    "--plugin",
    "--plugins",
    "--preload",
    "--toolexec",
    "--post-file",
    "--use-askpass",
    "--proxy-command",
    "--info-script",
    "--new-volume-script",
    "--rsh-command",
    "--html-browser",
    "--browser",
    "--extcmd",
    "--tool",
    "--filter",
    "--hook",
    "--hooks",
    "--shell",
    "--init-command",
    "--run",
    "--load",
    "--load-module",
    "--cmd",
    "--program",
    "--interpreter",
    "--wrapper",
    "--launcher",
    "--settings",
    "--global-settings",
    "--toolchains",
    "--file",
    "--makefile",
    "--directory",
    "--git-dir",
    "--work-tree",
    "--root",
    "--rootdir",
    "--prefix",
    "--override-ini",
    "--confcutdir",
    "--basetemp",
    "--junitxml",
    "--junit-xml",
    "--manifest-path",
    "--target-dir",
    "--userconfig",
    "--globalconfig",
    "--cafile",
    "--project-dir",
    "--build-file",
    "--settings-file",
    "--include-build",
    "--gradle-user-home",
    "--upload-file",
    "--data-binary",
    "--remote-name",
    "--trace",
    "--dump-header",
    "--cookie-jar",
    "--libcurl",
    "--unix-socket",
    "--resolve-plugins-relative-to",
    "--rulesdir",
    "--parser",
    "--formatter",
    "--reporter",
    "--transform",
    "--setupFiles",
    "--globalSetup",
    "--testRunner",
    "--runner",
    "--environment",
    "--specs",
    "--sysroot",
    "--hostname-bin",
    "--search-zip",
    "--no-index",
    "--files0-from",
    "--temporary-directory",
    "--instdir",
    "--admindir",
    "--post-invoke",
    "--build-and-test",
    "--test-command",
    "--build-makeprogram",
    "--script",
    "--ed",
};

/// Long options that only look like those.
constexpr std::string_view harmless_long[] = {
    "--no-ext-diff", "--no-textconv", "--no-pager",    "--include",
    "--exclude",     "--exclude-dir", "--include-dir", "--files-with-matches",
    "--filename",    "--no-config",   "--recursive",   "--context",
    "--color",       "--colour",      "--count",       "--stat",
    "--name-only",   "--numstat",     "--oneline",     "--output-on-failure"};

/// Options with a single hyphen that are words.
constexpr std::string_view hyphen_words[] = {
    "-exec",         "-execdir", "-ok",      "-okdir",       "-delete",     "-fprint",
    "-fprint0",      "-fprintf", "-fls",     "-toolexec",    "-vettool",    "-wrapper",
    "-fplugin",      "-specs",   "-overlay", "-modfile",     "-javaagent",  "-agentlib",
    "-agentpath",    "-ldflags", "-gcflags", "-files0-from", "-cpuprofile", "-memprofile",
    "-coverprofile", "-trace",   "-o"};

/// What is known of single commands.
struct command_row {
  std::string_view names;    ///< " git grep ": any of them
  std::string_view letters;  ///< of options that execute, load or write; "*": any option
  enum { text, operands, program, writes } kind = text;  ///< of its operands
};
/// A letter "@": words such as @FILE hold more arguments. operands: words with "=" or ":" configure
/// it; program: its arguments are a program; writes: its operands are files that it changes.
constexpr command_row rows[] = {
    {" git ", "cCOxu", command_row::text},
    {" find fd fdfind ", "xX", command_row::text},
    {" sort ", "oTS", command_row::text},
    {" tar bsdtar ", "IFCPxT", command_row::operands},
    {" ctest ", "SDTMN", command_row::text},
    {" ctags etags ", "*", command_row::text},
    {" javac jar javadoc kotlinc scalac ", "@JpdC", command_row::text},
    {" nm objdump objcopy strip strings readelf size ", "@pTo", command_row::text},
    {" rsync scp sftp ", "eSoF", command_row::program},
    {" make gmake ninja bmake cmake meson ", "fCIE", command_row::operands},
    {" mvn mvnd mvnw ", "sgftDPbl", command_row::operands},
    {" gradle gradlew ", "IbcpgDP", command_row::operands},
    {" ant sbt bazel ", "fDlb", command_row::operands},
    {" npm yarn pnpm npx bun bunx corepack ", "Ccp", command_row::operands},
    {" cargo rustc ", "ZCo", command_row::operands},
    {" go ", "oCn", command_row::operands},
    {" pytest py.test ", "pcoW", command_row::text},
    {" tox nox ", "pcowxrfW", command_row::text},
    {" grep egrep fgrep rg ag ack ", "fz", command_row::text},
    {" gcc cc g++ c++ clang clang++ ld as cpp ", "BoxXWf@I", command_row::text},
    {" tsc eslint prettier jest vitest mocha webpack rollup vite babel ", "crofp",
     command_row::text},
    {" curl wget aria2c http https ", "*", command_row::text},
    {" sed awk gawk mawk nawk perl python python2 python3 pypy pypy3 ruby node nodejs deno php lua "
     "luajit tclsh expect osascript Rscript julia ghci irb gdb lldb ed ex vi vim nvim emacs nano "
     "m4 java javaw "
     "bc dc jshell groovy scala kotlin psql mysql sqlite3 redis-cli mongo mongosh less more man "
     "most "
     "gs ffmpeg docker podman kubectl helm terraform ansible ansible-playbook crontab at batch "
     "screen "
     "tmux dtach socat telnet ftp pip pip3 gem bundle composer dotnet apt apt-get dpkg rpm yum dnf "
     "apk snap brew mount umount systemctl service ip iptables nft jq yq ",
     "*", command_row::program},
    {" cp mv rm ln install mkdir rmdir touch tee truncate chmod chown chgrp unlink shred patch "
     "split csplit dd unzip gunzip gzip bzip2 xz zip 7z cpio ar xxd ",
     "tSTO", command_row::writes},
};

constexpr std::string_view harmless_properties[] = {"-DskipTests",
                                                    "-DskipTests=",
                                                    "-DskipITs",
                                                    "-DskipITs=",
                                                    "-Dtest=",
                                                    "-Dit.test=",
                                                    "-Dmaven.test.skip",
                                                    "-Dmaven.test.skip=",
                                                    "-DfailIfNoTests=",
                                                    "-Dgroups=",
                                                    "-Dsurefire.failIfNoSpecifiedTests=",
                                                    "-DexcludedGroups="};

const command_row* row_of(std::string_view name) {
  const std::string wanted = " " + std::string(name) + " ";
  const auto* found = std::find_if(std::begin(rows), std::end(rows), [&](const command_row& each) {
    return each.names.find(wanted) != std::string_view::npos;
  });
  return found == std::end(rows) ? nullptr : found;
}

std::string quoted(std::string_view text) {
  return schema::detail::in_quotes(text, 40);
}

bool is_dangerous_long(std::string_view word) {
  const std::string_view key = word.substr(0, word.find('='));
  if (std::find(std::begin(harmless_long), std::end(harmless_long), key) !=
      std::end(harmless_long)) {
    return false;
  }
  return std::any_of(std::begin(long_options), std::end(long_options), [&](const auto& each) {
    return key == each || (key.size() >= 5 && each.starts_with(key)) ||
           (key.starts_with(each) && key.size() > each.size() && key[each.size()] == '-');
  });
}

bool starts_with_any(std::string_view word, const std::string_view* first,
                     const std::string_view* last) {
  return std::any_of(first, last, [&](const auto& each) {
    return word == each || (each.ends_with('=') && word.starts_with(each));
  });
}

/// The parts of a word that could be paths: what follows `=`, what is attached to a short option,
/// the word itself.
std::string risk_of_paths(std::string_view word, bool write, const file_judge& files) {
  const auto judged = [&](std::string_view path) -> std::string {
    if (path.empty()) return {};
    return files(path, write);
  };
  if (!word.starts_with('-')) {
    if (auto why = judged(word); !why.empty()) return why;
  }
  for (std::size_t equals = word.find('='); equals != std::string_view::npos;
       equals = word.find('=', equals + 1)) {
    if (auto why = judged(word.substr(equals + 1)); !why.empty()) return why;
  }
  if (word.starts_with('-') && !word.starts_with("--")) {
    // `-I../x`, `-f/etc/passwd`, `-o.env`
    const std::size_t start = word.find_first_of("/.~", 1);
    if (start != std::string_view::npos) {
      if (auto why = judged(word.substr(start)); !why.empty()) return why;
    }
    if (word.size() > 2) {
      if (auto why = judged(word.substr(2)); !why.empty()) return why;
    }
  }
  if (word.starts_with('@')) return judged(word.substr(1));
  // `HEAD:path`, `remote:path`, and lists of paths.
  for (std::size_t colon = word.find_first_of(":,"); colon != std::string_view::npos;
       colon = word.find_first_of(":,", colon + 1)) {
    if (word.substr(colon).starts_with("://")) continue;
    if (auto why = judged(word.substr(colon + 1)); !why.empty()) return why;
  }
  return {};
}

std::string risk_of_option(std::string_view word, const command_row* row) {
  if (word.starts_with("--")) {
    if (word.size() > 2 && is_dangerous_long(word)) {
      return "option " + quoted(word) + " can execute or write something";
    }
    if (row != nullptr && row->letters == "*" && word.size() > 2) {
      return "option " + quoted(word) + " is not known to be harmless";
    }
    return {};
  }
  const std::string_view key = word.substr(0, word.find('='));
  if (std::find(std::begin(hyphen_words), std::end(hyphen_words), key) != std::end(hyphen_words)) {
    return "option " + quoted(word) + " can execute or write something";
  }
  if (row == nullptr) return {};
  if (starts_with_any(word, std::begin(harmless_properties), std::end(harmless_properties))) {
    return {};
  }
  const bool all = row->letters == "*";
  // A cluster hides its letters, but long words with one hyphen are words.
  for (std::size_t at = 1; at < word.size(); ++at) {
    if (all || row->letters.find(word[at]) != std::string_view::npos) {
      return "option " + quoted(word) + " can execute or write something";
    }
    if (!((word[at] >= 'a' && word[at] <= 'z') || (word[at] >= 'A' && word[at] <= 'Z'))) break;
  }
  return {};
}

}  // namespace

std::string risk_of_arguments(const execution& command, std::size_t first,
                              const file_judge& files) {
  if (first >= command.words.size()) return {};
  const std::string_view name = command.name();
  const command_row* row = row_of(name);
  if (is_shell(name) || (row != nullptr && row->kind == command_row::program)) {
    return "the arguments of " + std::string(name) + " can be a program";
  }
  if (command.role != runs_others::no) return std::string(name) + " runs other commands";
  bool only_operands = false;
  for (std::size_t at = first; at < command.words.size(); ++at) {
    const argument& each = command.words[at];
    if (!each.known) return "an argument is not known";
    const std::string_view word = each.text;
    if (word.find('\n') != std::string_view::npos) return "an argument has more than one line";
    const bool option = !only_operands && word.size() > 1 && word[0] == '-';
    if (word == "--") {
      only_operands = true;
      continue;
    }
    if (option) {
      if (auto why = risk_of_option(word, row); !why.empty()) return why;
    } else if (row != nullptr && word.starts_with('@') &&
               row->letters.find('@') != std::string_view::npos) {
      return "argument " + quoted(word) + " stands for more arguments";
    } else if (row != nullptr && row->kind == command_row::operands &&
               // Build tools hand words on to shells of their own.
               word.find_first_of("=:@;&|<>$`\\\"'(){}*?! \t") != std::string_view::npos) {
      return "argument " + quoted(word) + " can change what " + std::string(name) + " runs";
    }
    const bool write = row != nullptr && row->kind == command_row::writes;
    if (auto why = risk_of_paths(word, write, files); !why.empty()) return why;
  }
  return {};
}

}  // namespace skein::shell::detail
