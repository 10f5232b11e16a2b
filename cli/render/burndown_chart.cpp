#include "cli/render/burndown_chart.hpp"

#include "cli/render/time_text.hpp"

#include <algorithm>

namespace skein::cli {

namespace {

constexpr std::size_t least_width = 24;
constexpr std::size_t least_height = 2;

/// What was left at that time.
std::uint32_t left_at(const schedule::burndown& of, std::int64_t at_ms) {
  const auto after =
      std::upper_bound(of.points.begin(), of.points.end(), at_ms,
                       [](std::int64_t time, const auto& point) { return time < point.at_ms; });
  return after == of.points.begin() ? after->left : std::prev(after)->left;
}

std::string label(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

std::vector<std::string> burndown_chart(const schedule::burndown& of, std::int64_t now_ms,
                                        std::size_t width, std::size_t height) {
  if (of.points.size() < 2 || width < least_width || height < least_height) return {};
  const std::uint64_t total = of.points.front().left;
  if (total == 0) return {};
  const auto begin = of.points.front().at_ms;
  const auto end = std::max(begin + 1, of.points.back().at_ms);
  const auto top = std::to_string(total);
  const std::size_t margin = top.size() + 2;  // and the axis
  const std::size_t columns = width - margin;
  std::vector<std::uint32_t> left(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    const auto share = static_cast<double>(i) / static_cast<double>(columns - 1);
    left[i] =
        left_at(of, begin + static_cast<std::int64_t>(static_cast<double>(end - begin) * share));
  }
  std::vector<std::string> out;
  for (std::size_t row = height; row > 0; --row) {
    std::string line = label(row == height ? top : "", top.size()) + " |";
    for (const auto each : left) {
      // One run that is left is seen, too.
      line += std::uint64_t{each} * height > (row - 1) * total ? '#' : ' ';
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.push_back(std::move(line));
  }
  out.push_back(label("0", top.size()) + " +" + std::string(columns, '-'));
  const auto ago = duration_text(std::max<std::int64_t>(now_ms - begin, 0)) + " ago";
  const auto until =
      now_ms - end < 60'000 ? std::string("now") : duration_text(now_ms - end) + " ago";
  const auto space = columns > ago.size() + until.size() ? columns - ago.size() - until.size() : 1;
  auto axis = std::string(margin, ' ') + ago + std::string(space, ' ') + until;
  out.push_back(axis.substr(0, width));
  return out;
}

}  // namespace skein::cli
