// Names as small numbers: each name is kept once, with what is known about it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace skein::schedule::detail {

/// `T` has a member `name`. Numbers of dropped names are given out again; references stay good.
template <class T>
class roster {
 public:
  std::uint32_t take(const std::string& name) {
    if (const auto found = numbers_.find(std::string_view{name}); found != numbers_.end())
      return found->second;
    std::uint32_t number = 0;
    if (free_.empty()) {
      number = static_cast<std::uint32_t>(items_.size());
      items_.emplace_back();
    } else {
      number = free_.back();
      free_.pop_back();
    }
    items_[number].name = name;
    numbers_.emplace(items_[number].name, number);
    return number;
  }

  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& name) const {
    const auto found = numbers_.find(std::string_view{name});
    if (found == numbers_.end()) return std::nullopt;
    return found->second;
  }

  void drop(std::uint32_t number) {
    numbers_.erase(items_[number].name);
    items_[number] = T{};
    free_.push_back(number);
  }

  [[nodiscard]] T& operator[](std::uint32_t number) { return items_[number]; }
  [[nodiscard]] const T& operator[](std::uint32_t number) const { return items_[number]; }
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }
  [[nodiscard]] const std::unordered_map<std::string_view, std::uint32_t>& numbers() const {
    return numbers_;
  }

 private:
  std::deque<T> items_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;  ///< views into items_
  std::vector<std::uint32_t> free_;
};

}  // namespace skein::schedule::detail
