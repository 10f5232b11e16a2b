#include "tests/e2e/attack.hpp"

#include <gmock/gmock.h>
#include <yaml-cpp/yaml.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <regex>
#include <stdexcept>

namespace skein::e2e {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

const std::string host_secret = "host-secret-4711";
// In two parts: the file that holds it whole would be a finding itself.
const std::string cloud_key = std::string("AKIA") + "Q3EGRTZ7YHJ2WQXN";

std::vector<std::string> texts_of(const YAML::Node& list) {
  std::vector<std::string> out;
  for (const auto& each : list) out.push_back(each.as<std::string>());
  return out;
}

attack read(const YAML::Node& node) {
  attack out;
  for (const auto& field : node) {
    const auto key = field.first.as<std::string>();
    const auto& value = field.second;
    const std::map<std::string, std::string*> texts = {
        {"name", &out.name},         {"repository", &out.repository},
        {"remote", &out.remote},     {"repo", &out.repo},
        {"step", &out.step},         {"task", &out.task},
        {"verifier", &out.verifier}, {"incident", &out.incident}};
    const std::map<std::string, std::vector<std::string>*> lists = {{"ends", &out.ends},
                                                                    {"finds", &out.finds},
                                                                    {"traces", &out.traces},
                                                                    {"logs", &out.logs},
                                                                    {"hidden", &out.hidden}};
    if (const auto text = texts.find(key); text != texts.end()) {
      *text->second = value.as<std::string>();
    } else if (const auto list = lists.find(key); list != lists.end()) {
      *list->second = texts_of(value);
    } else if (key == "lands") {
      if (value.IsNull()) {
        out.lands.reset();
      } else {
        out.lands = texts_of(value);
      }
    } else {
      throw std::runtime_error("attack " + out.name + ": unknown key " + key);
    }
  }
  if (out.name.empty() || out.ends.empty()) {
    throw std::runtime_error("attack " + out.name + ": needs a name and ends");
  }
  return out;
}

std::string indented(const std::string& text) {
  std::string out = "  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out + "\n";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A canary is `skc_` and then more than thirty small letters and digits; no id holds an
/// underscore.
bool holds_canary(const std::string& text) {
  static const std::regex canary("skc_[0-9a-z]{12}");
  return std::regex_search(text, canary);
}

}  // namespace

std::vector<attack> attacks_of(const std::string& file) {
  const auto path = std::string{SKEIN_TEST_SOURCE_DIR} + "/data/redteam/" + file;
  std::vector<attack> out;
  for (const auto& node : YAML::LoadFile(path)) out.push_back(read(node));
  return out;
}

/// A port of the host, TCP and UDP, that nobody may reach.
class attack_test::listening {
 public:
  listening() {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = INADDR_ANY;
    socklen_t size = sizeof where;
    auto* address = reinterpret_cast<sockaddr*>(&where);
    if (::bind(tcp_, address, size) != 0 || ::listen(tcp_, 8) != 0 ||
        ::getsockname(tcp_, address, &size) != 0 || ::bind(udp_, address, size) != 0) {
      ADD_FAILURE() << "no port to listen on";
    }
    port = ntohs(where.sin_port);
  }
  ~listening() {
    ::close(tcp_);
    ::close(udp_);
  }
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;

  [[nodiscard]] bool was_reached() const {
    pollfd both[] = {{tcp_, POLLIN, 0}, {udp_, POLLIN, 0}};
    return ::poll(both, 2, 0) != 0;
  }

  std::uint16_t port = 0;

 private:
  int tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string attack_test::filled(std::string text) const {
  const std::map<std::string, std::string> values = {{"@TRIP@", (directory_ / "tripped").string()},
                                                     {"@SECRET@", (directory_ / "secret").string()},
                                                     {"@HOST@", directory_.string()},
                                                     {"@KEY@", cloud_key},
                                                     {"@PORT@", std::to_string(port_)}};
  for (const auto& [name, value] : values) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

std::string attack_test::task_of(const attack& what, const std::string& url) const {
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  auto repo = YAML::Load(filled(what.repo.empty() ? "{}" : what.repo));
  std::string where = "url: " + quoted(repo["url"] ? repo["url"].as<std::string>() : url);
  if (repo["branch"]) where += ", branch: " + quoted(repo["branch"].as<std::string>());
  return "apiVersion: skein/v1\nkind: Task\nmetadata: {name: change-it}\nspec:\n"
         "  intent: \"Change the sources as the end-to-end test says\"\n"
         "  repo: {" +
         where +
         "}\n"
         "  scope: {include: [\"**\"]}\n"
         "  agent: {kind: script, steps: [{run: " +
         quoted("echo new >file\n" + filled(what.step) + "\ntrue") +
         "}]}\n"
         "  verifiers: [{name: check, run: " +
         quoted(filled(what.verifier)) + "}]\n" +
         (what.task.empty() ? "" : indented(filled(what.task)));
}

std::map<std::string, std::string> attack_test::shown_of(const nlohmann::json& run) {
  const std::string id = run["runId"];
  return {{"run", run.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
          {"logs", skein({"logs", id}).out},
          {"diff", skein({"diff", id}).out},
          {"trace", skein({"trace", id, "-o", "json"}).out},
          {"why", skein({"why", id}).out},
          {"describe", skein({"describe", "run", id}).out},
          {"incidents", skein({"get", "incidents", "-o", "json"}).out}};
}

void attack_test::check_shown(const attack& what, const std::map<std::string, std::string>& shown) {
  const bool knows_paths = holds(what.repository + what.step + what.remote + what.repo, "@HOST@") ||
                           holds(what.step + what.remote + what.repo, "@TRIP@") ||
                           holds(what.repository + what.step, "@SECRET@");
  auto hidden = what.hidden;
  hidden.push_back(host_secret);
  if (!knows_paths) hidden.push_back((directory_ / "state").string());
  for (const auto& [where, text] : shown) {
    for (const auto& one : hidden) {
      EXPECT_FALSE(holds(text, filled(one))) << one << " in " << where << ":\n" << text;
    }
    EXPECT_FALSE(holds_canary(text)) << "the canary in " << where << ":\n" << text;
  }
}

void attack_test::check_kept(bool published) {
  EXPECT_FALSE(std::filesystem::exists(directory_ / "tripped")) << "something ran on the host";
  EXPECT_EQ(sh("grep -rlaF " + host_secret + " state remote || true"), "");
  EXPECT_EQ(sh("grep -rlaE 'skc_[0-9a-z]{12}' state/artifacts state/skein.db* || true"), "");
  const auto branches = sh("git --git-dir=remote/a.git for-each-ref 'refs/heads/skein/*' | wc -l");
  EXPECT_EQ(branches, published ? "1\n" : "0\n");
}

void attack_test::check_landed(const attack& what, const std::string& base) {
  const std::string git =
      "git --no-replace-objects -c core.quotePath=false --git-dir=remote/a.git ";
  const auto branch = sh(git + "for-each-ref --format='%(objectname)' 'refs/heads/skein/*'");
  const auto commit = branch.substr(0, 40);
  EXPECT_FALSE(holds_canary(sh(git + "log -p --no-ext-diff --no-textconv -1 " + commit)));
  if (!what.lands) return;
  std::string wanted;
  for (const auto& file : *what.lands) wanted += file + "\n";
  EXPECT_EQ(sh(git + "diff --no-ext-diff --no-textconv --name-only " + base + " " + commit),
            wanted);
}

void attack_test::carry_out(const attack& what) {
  write("secret", host_secret + "\n");
  const listening port;
  port_ = port.port;
  const auto url = repository("a", "echo old >file\n" + filled(what.repository));
  if (!what.remote.empty()) sh("cd remote/a.git\n" + filled(what.remote));
  const std::string base = sh("git --git-dir=remote/a.git rev-parse main").substr(0, 40);
  const auto ended = skein({"run", "-f", write("task.yaml", task_of(what, url)), "-o", "json"});
  const auto object = nlohmann::json::parse(ended.out, nullptr, false);
  const std::string state = object.is_object() ? object.value("state", "") : "rejected";
  EXPECT_THAT(what.ends, Contains(state)) << ended.out << ended.err;
  if (object.is_object()) {
    const auto shown = shown_of(object);
    const auto said = object["findings"].dump() + object["failure"].dump();
    for (const auto& one : what.finds) EXPECT_THAT(said, HasSubstr(one));
    for (const auto& one : what.traces) EXPECT_THAT(shown.at("trace"), HasSubstr(one));
    for (const auto& one : what.logs) EXPECT_THAT(shown.at("logs"), HasSubstr(one));
    EXPECT_THAT(shown.at("incidents"), HasSubstr(what.incident));
    check_shown(what, shown);
  }
  const bool published = state == "published" || state == "draft_published";
  check_kept(published);
  if (published) check_landed(what, base);
  EXPECT_FALSE(port.was_reached());
}

}  // namespace skein::e2e
