#include "tests/console/running_console.hpp"

#include <cstdlib>

namespace skein::test {

running_console::running_console()
    : now_ms_(std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count()) {
  std::string name = (std::filesystem::temp_directory_path() / "skein-console-XXXXXX").string();
  directory_ = ::mkdtemp(name.data());
}

running_console::~running_console() {
  service_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void running_console::start(console::front_limits limits) {
  service_.reset();
  console::service_options options;
  options.state = directory_;
  options.listen = {"127.0.0.1", "0"};
  options.person = "owner";
  options.program = "1.2.3";
  options.now_ms = [this] { return now_ms_.load(); };
  options.limits = limits;
  auto opened = console::service::open(std::move(options), desk_);
  ASSERT_TRUE(opened) << opened.error().message;
  service_ = std::move(*opened);
}

console::credentials running_console::somebody(const std::string& name, console::role role,
                                               const std::string& tenant) {
  auto made = files().add({name, role, tenant, "owner", now_ms_ + 3'600'000}, now_ms_);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *made : console::credentials{};
}

result<std::unique_ptr<console::link>> running_console::connect(const console::credentials& with,
                                                                console::link_options options) {
  options.program = "1.2.3";
  return console::link::open(address(), with, std::move(options));
}

}  // namespace skein::test
