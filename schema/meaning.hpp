// The rules of check_meaning, one function a part of a document. Internal to schema/.
#pragma once

#include "schema/fault.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace skein::schema::detail {

/// Where a rule looks, and where it reports.
class scope_of_check {
 public:
  scope_of_check(const nlohmann::json& value, node_path path, std::vector<fault>& out)
      : value_(value), path_(std::move(path)), out_(out) {}

  [[nodiscard]] const nlohmann::json& value() const { return value_; }
  [[nodiscard]] bool has(const char* key) const { return value_.contains(key); }
  /// The text of a member; empty when there is none.
  [[nodiscard]] std::string text(const char* key) const;
  /// A member that is there.
  [[nodiscard]] scope_of_check at(const std::string& key) const;
  /// Each entry of a list member; none when there is no such member.
  [[nodiscard]] std::vector<scope_of_check> each(const char* key) const;
  /// Each member of a map member, with its key.
  [[nodiscard]] std::vector<std::pair<std::string, scope_of_check>> members(const char* key) const;

  /// Reports about this value, or about the key that leads to it.
  void wrong(std::string what, std::string expected) const;
  void wrong_key(std::string what, std::string expected) const;

  // Rules for one member, when it is there.
  void name(const char* key) const;
  void line(const char* key) const;  ///< no control characters
  void duration(const char* key, std::chrono::milliseconds low,
                std::chrono::milliseconds high) const;
  void size(const char* key, std::uint64_t low, std::uint64_t high) const;
  void word(const char* key, std::initializer_list<const char*> words) const;  ///< when text
  void command(const char* key) const;
  /// Exactly one of the keys is there.
  void exactly_one(std::initializer_list<const char*> keys) const;

 private:
  const nlohmann::json& value_;
  node_path path_;
  std::vector<fault>& out_;
};

void check_metadata(const scope_of_check& metadata);
void check_task_spec(const scope_of_check& spec);
void check_campaign_spec(const scope_of_check& spec);
void check_policy(const scope_of_check& document);
void check_tool(const scope_of_check& document);
void check_agent_file(const scope_of_check& document);
void check_tool_approvals(const scope_of_check& document);
void check_controls(const scope_of_check& document);

}  // namespace skein::schema::detail
