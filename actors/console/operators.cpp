#include "actors/console/operators.hpp"

#include "actors/console/pki.hpp"
#include "actors/console/private_file.hpp"

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace skein::console {

namespace {

using nlohmann::json;

json to_json(const operator_row& row) {
  return {{"name", row.name},
          {"role", to_string(row.role)},
          {"tenant", row.tenant},
          {"tokenSha256", row.token_sha256},
          {"certificateSha256", row.certificate_sha256},
          {"changedBy", row.changed_by},
          {"addedMs", row.added_ms},
          {"expiresMs", row.expires_ms},
          {"revokedMs", row.revoked_ms}};
}

operator_row row_of(const json& from) {
  operator_row out;
  out.name = from.at("name").get<std::string>();
  const auto role = parse_role(from.at("role").get<std::string>());
  if (!role) throw std::runtime_error("unknown role");
  out.role = *role;
  out.tenant = from.at("tenant").get<std::string>();
  out.token_sha256 = from.at("tokenSha256").get<std::string>();
  out.certificate_sha256 = from.at("certificateSha256").get<std::string>();
  out.changed_by = from.at("changedBy").get<std::string>();
  out.added_ms = from.at("addedMs").get<std::int64_t>();
  out.expires_ms = from.at("expiresMs").get<std::int64_t>();
  out.revoked_ms = from.at("revokedMs").get<std::int64_t>();
  return out;
}

}  // namespace

result<std::vector<operator_row>> read_operators(const std::filesystem::path& file) {
  auto text = read_private(file, true);
  if (!text && text.error().code == errc::not_found) return std::vector<operator_row>{};
  if (!text) return text.error();
  try {
    const auto document = json::parse(*text);
    if (document.at("version").get<int>() != 1) throw std::runtime_error("another version");
    std::vector<operator_row> out;
    for (const auto& each : document.at("operators")) out.push_back(row_of(each));
    return out;
  } catch (const std::exception& wrong) {
    return error{errc::corrupt, "read " + file.string() + ": " + wrong.what(),
                 "restore it, or remove it and add the operators again"};
  }
}

result<> write_operators(const std::filesystem::path& file, const std::vector<operator_row>& rows) {
  json all = json::array();
  for (const auto& row : rows) all.push_back(to_json(row));
  return write_private(file, json{{"version", 1}, {"operators", std::move(all)}}.dump(2) + "\n");
}

result<operators_lock> operators_lock::take(const std::filesystem::path& file) {
  const std::string lock = file.string() + ".lock";
  const int number = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (number < 0) return errno_error("open " + lock, errno);
  operators_lock out{number};
  // Held for a read and a write of a small file, so waiting is short.
  while (::flock(number, LOCK_EX) != 0) {
    if (errno != EINTR) return errno_error("lock " + lock, errno);
  }
  return out;
}

operators_lock::~operators_lock() {
  if (number_ >= 0) ::close(number_);
}

const std::vector<operator_row>& operator_book::rows() {
  struct stat found {};
  const bool there = ::stat(file_.c_str(), &found) == 0;
  const std::int64_t changed =
      there ? std::int64_t{found.st_ctim.tv_sec} * 1'000'000'000 + found.st_ctim.tv_nsec : 0;
  if (changed == seen_ && found.st_ino == seen_inode_) return rows_;
  seen_ = changed;
  seen_inode_ = found.st_ino;
  auto read = read_operators(file_);
  if (!read) spdlog::error("operators: {}; nobody is let in", read.error().message);
  rows_ = read ? std::move(*read) : std::vector<operator_row>{};
  return rows_;
}

const operator_row* operator_book::with_token(const std::string& token) {
  const auto hash = sha256_hex(token);
  for (const auto& row : rows()) {
    if (row.token_sha256 == hash) return &row;
  }
  return nullptr;
}

const operator_row* operator_book::with_certificate(const std::string& sha256) {
  for (const auto& row : rows()) {
    if (row.certificate_sha256 == sha256) return &row;
  }
  return nullptr;
}

const operator_row* operator_book::named(const std::string& name) {
  for (const auto& row : rows()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace skein::console
