#include "runtime/schedule/cron.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace skein::schedule {

namespace {

constexpr std::size_t longest_text = 256;
constexpr std::size_t most_times = 1000;
/// 29 February on one weekday comes every 28 years, and every 40 over the year 2100.
constexpr int days_looked_at = 41 * 366;
constexpr sys_seconds latest_start{std::chrono::sys_days{std::chrono::year{9000} / 1 / 1}};

constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> day_names{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

struct field_rule {
  const char* name;
  unsigned least, most;
  const std::string_view* names;  ///< null: numbers only
  std::size_t name_count;
};
constexpr std::array<field_rule, 5> rules{{{"minute", 0, 59, nullptr, 0},
                                           {"hour", 0, 23, nullptr, 0},
                                           {"day of month", 1, 31, nullptr, 0},
                                           {"month", 1, 12, month_names.data(), 12},
                                           {"day of week", 0, 7, day_names.data(), 7}}};

struct nickname {
  std::string_view name, meaning;
};
constexpr nickname nicknames[] = {{"@yearly", "0 0 1 1 *"},  {"@annually", "0 0 1 1 *"},
                                  {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
                                  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
                                  {"@hourly", "0 * * * *"}};

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// One field's text with its place in the expression.
class field_reader {
 public:
  field_reader(const field_rule& rule, std::string_view text, std::size_t column)
      : rule_(rule), text_(text), column_(column) {}

  [[nodiscard]] result<std::uint64_t> read() {
    std::uint64_t bits = 0;
    for (;;) {
      SKEIN_TRY(item, read_item());
      bits |= item;
      if (at_ == text_.size()) return bits;
      if (text_[at_] != ',') return unexpected();
      ++at_;
    }
  }

 private:
  [[nodiscard]] error wrong(const std::string& what, std::string remedy) const {
    return {errc::invalid,
            "cron column " + std::to_string(column_ + at_) + ": " + rule_.name + ": " + what,
            std::move(remedy)};
  }

  [[nodiscard]] error unexpected() const {
    if (at_ == text_.size()) return wrong("it ends too early", expected());
    const char c = text_[at_];
    if (c == 'l' || c == 'w' || c == '#' || c == '?') {
      return wrong(std::string{"'"} +
                       (c == 'l'   ? 'L'
                        : c == 'w' ? 'W'
                                   : c) +
                       "' is not supported",
                   expected());
    }
    if (c < 0x21 || c > 0x7e) return wrong("unexpected byte", expected());
    return wrong(std::string{"unexpected '"} + c + "'", expected());
  }

  [[nodiscard]] std::string expected() const {
    std::string out = std::to_string(rule_.least) + " to " + std::to_string(rule_.most);
    if (rule_.names != nullptr) out += ", or a name such as " + std::string{rule_.names[1]};
    return out + "; lists 1,2, ranges 1-5 and steps */2";
  }

  [[nodiscard]] result<unsigned> read_number(unsigned least, unsigned most) {
    const auto start = at_;
    unsigned value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && at_ - start < 4) {
      value = value * 10 + static_cast<unsigned>(text_[at_++] - '0');
    }
    if (at_ == start) return unexpected();
    if (value < least || value > most) {
      at_ = start;
      return wrong(std::to_string(value) + " is out of range",
                   std::to_string(least) + " to " + std::to_string(most));
    }
    return value;
  }

  [[nodiscard]] result<unsigned> read_value() {
    for (std::size_t i = 0; i < rule_.name_count; ++i) {
      if (!text_.substr(at_).starts_with(rule_.names[i])) continue;
      at_ += rule_.names[i].size();
      return static_cast<unsigned>(i) + (rule_.least == 1 ? 1 : 0);
    }
    return read_number(rule_.least, rule_.most);
  }

  [[nodiscard]] result<std::uint64_t> read_item() {
    unsigned first = rule_.least, last = rule_.most;
    bool spans = true;
    const auto start = at_;
    if (at_ < text_.size() && text_[at_] == '*') {
      ++at_;
      // 7 is another name of Sunday, not an eighth day.
      if (rule_.name_count == 7) last = 6;
    } else {
      SKEIN_TRY(from, read_value());
      first = last = from;
      spans = at_ < text_.size() && text_[at_] == '-';
      if (spans) {
        ++at_;
        SKEIN_TRY(to, read_value());
        last = to;
      }
    }
    if (first > last) {
      at_ = start;
      return wrong("the range runs backwards", "the smaller value first, or two ranges in a list");
    }
    unsigned step = 1;
    if (at_ < text_.size() && text_[at_] == '/') {
      if (!spans) return wrong("a step needs a range", "such as */15 or 5-59/15");
      ++at_;
      SKEIN_TRY(told, read_number(1, rule_.most == 7 ? 7 : rule_.most));
      step = told;
    }
    std::uint64_t bits = 0;
    for (unsigned value = first; value <= last; value += step) {
      bits |= std::uint64_t{1} << (rule_.most == 7 ? value % 7 : value);
    }
    return bits;
  }

  const field_rule& rule_;
  std::string_view text_;
  std::size_t column_;
  std::size_t at_ = 0;
};

struct placed_text {
  std::string_view text;
  std::size_t column = 1;
};

std::vector<placed_text> split(std::string_view text) {
  std::vector<placed_text> out;
  std::size_t at = 0;
  while (out.size() <= rules.size()) {
    at = text.find_first_not_of(" \t", at);
    if (at == std::string_view::npos) break;
    const auto end = std::min(text.find_first_of(" \t", at), text.size());
    out.push_back({text.substr(at, end - at), at + 1});
    at = end;
  }
  return out;
}

bool has(std::uint64_t bits, unsigned value) {
  return (bits >> value & 1U) != 0;
}

}  // namespace

result<cron> cron::parse(std::string_view text) {
  if (text.size() > longest_text) {
    return error{errc::invalid, "cron expression is longer than 256 bytes", {}};
  }
  auto lower = lowered(text);
  if (const auto fields = split(lower); fields.size() == 1 && fields[0].text.starts_with('@')) {
    const auto* found = std::find_if(std::begin(nicknames), std::end(nicknames),
                                     [&](const nickname& n) { return n.name == fields[0].text; });
    if (found == std::end(nicknames)) {
      return error{
          errc::invalid,
          "cron column " + std::to_string(fields[0].column) + ": unknown or unsupported name",
          "@yearly, @monthly, @weekly, @daily or @hourly"};
    }
    lower = found->meaning;
  }
  const auto fields = split(lower);
  if (fields.size() != rules.size()) {
    const auto column = fields.size() > rules.size() ? fields.back().column : text.size() + 1;
    return error{
        errc::invalid,
        "cron column " + std::to_string(column) + ": " +
            (fields.size() > rules.size() ? "more than five fields; seconds are not supported"
                                          : "fewer than five fields"),
        "minute hour day-of-month month day-of-week, such as 0 1 * * 1-5"};
  }
  cron made;
  std::uint64_t* const bits[] = {&made.minutes_, &made.hours_, &made.days_, &made.months_,
                                 &made.weekdays_};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    SKEIN_TRY(read, field_reader(rules[i], fields[i].text, fields[i].column).read());
    *bits[i] = read;
  }
  made.any_day_ = fields[2].text.starts_with('*');
  made.any_weekday_ = fields[4].text.starts_with('*');
  if (!made.ever_fires()) {
    return error{errc::invalid,
                 "cron column " + std::to_string(fields[2].column) +
                     ": it never fires: none of its months has such a day",
                 "a day that one of the months has"};
  }
  return made;
}

bool cron::ever_fires() const {
  constexpr std::array<unsigned, 13> longest{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  // Either day is enough when both restrict, and there is every weekday in every month.
  if (!any_weekday_ && !any_day_) return true;
  for (unsigned month = 1; month <= 12; ++month) {
    if (!has(months_, month)) continue;
    for (unsigned day = 1; day <= longest[month]; ++day) {
      if (has(days_, day)) return true;
    }
  }
  return false;
}

bool cron::fires_on(local_day day) const {
  const std::chrono::year_month_day date{day};
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool by_day = has(days_, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(weekdays_, std::chrono::weekday{day}.c_encoding());
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::vector<sys_seconds> cron::next_times(const time_zone& zone, sys_seconds after,
                                          std::size_t n) const {
  using namespace std::chrono;
  std::vector<sys_seconds> out;
  n = after < sys_seconds{} || after > latest_start ? 0 : std::min(n, most_times);
  // The day before: what it skipped at its end may fire now.
  const auto first = floor<days>(zone.local_of(after)) - days{1};
  for (auto day = first; day < first + days{days_looked_at} && out.size() < n; day += days{1}) {
    if (!fires_on(day)) continue;
    for (unsigned hour = 0; hour < 24; ++hour) {
      if (!has(hours_, hour)) continue;
      for (unsigned minute = 0; minute < 60; ++minute) {
        if (!has(minutes_, minute)) continue;
        const auto at = zone.instant_of(day + hours{hour} + minutes{minute});
        if (at <= after || (!out.empty() && at <= out.back())) continue;
        out.push_back(at);
        if (out.size() == n) return out;
      }
    }
  }
  return out;
}

}  // namespace skein::schedule
