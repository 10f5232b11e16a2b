// A desk that remembers what it was asked and answers as told.
#pragma once

#include "actors/console/desk.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace skein::test {

class fake_desk final : public console::desk {
 public:
  result<console::page> carry_out(const console::identity& who, const std::string& verb,
                                  const std::string& args) override {
    if (inside) inside();
    const std::lock_guard lock(mutex_);
    orders_.push_back(who.name + " " + verb + " " + args);
    return console::page{"done: " + verb, {}, 0};
  }
  result<console::page> ask(const console::identity& who, const std::string& method,
                            const std::string& args, const std::string& cursor) override {
    if (method == "fail") return error{errc::not_found, "no run " + args, "look elsewhere"};
    if (method == "large") return console::page{std::string(std::stoul(args), 'x'), {}, 0};
    return console::page{who.name + "|" + who.tenant + "|" + method + "|" + args, cursor + "+", 0};
  }
  result<console::page> fetch(const console::identity&, const std::string&, const std::string& ref,
                              std::uint64_t offset, std::uint32_t length) override {
    return console::page{ref.substr(offset, length), {}, ref.size()};
  }
  void note(const console::act& happened) override {
    {
      const std::lock_guard lock(mutex_);
      acts_.push_back(happened);
    }
    noted_.notify_all();
  }
  [[nodiscard]] bool is_slow(std::string_view verb) const override { return verb == "submit_run"; }

  [[nodiscard]] std::vector<std::string> orders() const {
    const std::lock_guard lock(mutex_);
    return orders_;
  }
  /// Waits for an act of this kind; an empty one when none comes.
  [[nodiscard]] console::act wait_for(const std::string& kind) {
    std::unique_lock lock(mutex_);
    console::act out;
    (void)noted_.wait_for(lock, std::chrono::seconds{10}, [&] {
      for (const auto& each : acts_) {
        if (each.kind == kind) out = each;
      }
      return !out.kind.empty();
    });
    return out;
  }

  std::function<void()> inside;

 private:
  mutable std::mutex mutex_;
  std::condition_variable noted_;
  std::vector<std::string> orders_;
  std::vector<console::act> acts_;
};

}  // namespace skein::test
