// What a model sees of a change. See shown_change.hpp.
#include "runtime/judge/shown_change.hpp"

#include "runtime/diff/shown.hpp"
#include "schema/identity.hpp"

#include <algorithm>

namespace skein::judge {
namespace {

constexpr std::size_t smallest_share = 512;
constexpr std::size_t longest_path = 400;
constexpr std::size_t longest_names = 48U << 10;

std::size_t size_of(const diff::changed_file& file) {
  std::size_t bytes = 0;
  for (const auto& line : file.lines) bytes += line.text.size() + 2;
  for (const auto& hunk : file.hunks) bytes += hunk.heading.size() + 32;
  return bytes;
}

/// The bytes that each file gets.
std::size_t share_of(const diff::change& change, const question_limits& limits) {
  std::size_t wanted = 0;
  const auto count = std::min(change.files.size(), limits.files);
  for (std::size_t i = 0; i < count; ++i) {
    wanted += std::min(size_of(change.files[i]), limits.file_bytes);
  }
  if (wanted <= limits.diff_bytes) return limits.file_bytes;
  return std::max(smallest_share, limits.diff_bytes / std::max<std::size_t>(count, 1));
}

std::string text_of(const diff::changed_file& file) {
  std::string out;
  for (const auto& hunk : file.hunks) {
    std::uint32_t old_line = 0;
    std::uint32_t new_line = 0;
    const auto end = std::min(hunk.first + hunk.count, file.lines.size());
    for (std::size_t i = hunk.first; i < end && (old_line == 0 || new_line == 0); ++i) {
      if (old_line == 0) old_line = file.lines[i].old_line;
      if (new_line == 0) new_line = file.lines[i].new_line;
    }
    out += "@@ -" + std::to_string(old_line) + " +" + std::to_string(new_line) + " @@";
    if (!hunk.heading.empty()) out += " " + std::string{hunk.heading};
    out += '\n';
    for (std::size_t i = hunk.first; i < end; ++i) {
      const auto& line = file.lines[i];
      out += line.kind == diff::line_kind::added     ? '+'
             : line.kind == diff::line_kind::removed ? '-'
                                                     : ' ';
      out += line.text;
      out += '\n';
    }
  }
  return out;
}

std::string title_of(const diff::changed_file& file) {
  std::string out = diff::shown(file.path(), longest_path);
  if (file.added()) out += " (new)";
  if (file.removed()) out += " (removed)";
  if (file.renamed() || file.copied) {
    out += " (from " + diff::shown(file.old_path, longest_path) + ")";
  }
  if (file.binary) out += " (binary)";
  return out + " +" + std::to_string(file.insertions) + " -" + std::to_string(file.deletions);
}

}  // namespace

std::string cut_in_the_middle(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  auto head = longest * 2 / 3;
  auto tail = text.size() - longest / 3;
  if (const auto line = text.rfind('\n', head); line != std::string::npos && line > head / 2) {
    head = line + 1;
  }
  if (const auto line = text.find('\n', tail);
      line != std::string::npos && line + 1 < text.size()) {
    tail = line + 1;
  }
  // Never within a character.
  const auto inside = [&text](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (head > 0 && inside(head)) --head;
  while (inside(tail)) ++tail;
  return text.substr(0, head) + "[… " + std::to_string(tail - head) + " bytes left out …]\n" +
         text.substr(tail);
}

bool shows_all(const diff::change& change, const question_limits& limits) {
  if (!change.faults.empty() || change.files.size() > limits.files) return false;
  const auto share = share_of(change, limits);
  return std::all_of(change.files.begin(), change.files.end(),
                     [share](const auto& file) { return !file.binary && size_of(file) <= share; });
}

shown_change show(const diff::change& change, const diff::redact_fn& redact,
                  const question_limits& limits) {
  shown_change out;
  const auto share = share_of(change, limits);
  for (std::size_t i = 0; i < change.files.size(); ++i) {
    const auto& file = change.files[i];
    auto title = title_of(file);
    if (redact) title = redact(title);
    if (out.names.size() < longest_names) out.names += title + "\n";
    const auto size = size_of(file);
    if (i >= limits.files || file.binary) {
      if (out.left_out.size() < 50) out.left_out.push_back(title + ": not shown");
      continue;
    }
    if (file.lines.empty()) continue;
    auto text = text_of(file);
    if (redact) text = redact(text);
    if (size > share) {
      if (out.left_out.size() < 50) out.left_out.push_back(title + ": only head and tail");
      text = cut_in_the_middle(text, share);
    } else {
      // What is put in place of a secret must not make it boundless.
      text = cut_in_the_middle(text, 2 * share + smallest_share);
    }
    out.files.push_back({diff::shown(file.path(), longest_path), std::move(text)});
  }
  if (out.names.size() >= longest_names) {
    out.names += "… " + std::to_string(change.files.size()) + " files in all\n";
  }
  return out;
}

std::string canary_of(const judged_case& about) {
  std::string seed = "judge\n" + about.task.name + "\n" + about.task.spec.intent + "\n" +
                     about.agent_summary + "\n" + about.behaviour_change + "\n";
  for (const auto& file : about.change.files) {
    seed += file.old_path + "\n" + file.new_path + "\n";
    for (const auto& line : file.lines) {
      seed += line.text;
      seed += '\n';
    }
  }
  return "ck-" + schema::sha256_hex(seed).substr(0, 20);
}

}  // namespace skein::judge
