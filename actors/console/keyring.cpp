#include "actors/console/keyring.hpp"

#include "actors/console/private_file.hpp"

#include <algorithm>

namespace skein::console {

namespace {

constexpr days authority_valid{3650};
constexpr days server_valid{365};
constexpr days local_valid{365};
constexpr days renew_before{30};

std::int64_t ms(days value) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(value).count();
}

error no_authority(const std::filesystem::path& pki, const std::string& what) {
  return {errc::refused, "the fleet's certificates in " + pki.string() + " are unusable: " + what,
          "restore the folder from a backup, or remove it: `skein serve --listen` makes a new "
          "authority, and every operator needs `skein operator rotate`"};
}

}  // namespace

keyring_files::keyring_files(std::filesystem::path state)
    : state_(std::move(state)), pki_(state_ / "pki") {}

result<certified_key> keyring_files::authority() const {
  auto certificate = read_private(pki_ / "ca.pem", false);
  auto key = read_private(pki_ / "ca.key", true);
  if (!certificate) return certificate.error();
  if (!key) return key.error();
  return certified_key{std::move(*certificate), std::move(*key)};
}

result<> keyring_files::make_authority_files(std::int64_t now_ms) const {
  SKEIN_TRY(made, make_authority("skein fleet " + random_hex(4), now_ms, authority_valid));
  SKEIN_CHECK(write_private(pki_ / "ca.key", made.key));
  return write_private(pki_ / "ca.pem", made.certificate);
}

result<> keyring_files::renew_server(std::int64_t now_ms) const {
  SKEIN_TRY(issuer, authority());
  SKEIN_TRY(facts, read_certificate(issuer.certificate));
  const auto until = std::min(now_ms + ms(server_valid), facts.until_ms);
  SKEIN_TRY(made, issue(issuer, "skein", purpose::server, now_ms - 60'000, until));
  SKEIN_CHECK(write_private(pki_ / "server.key", made.key));
  return write_private(pki_ / "server.pem", made.certificate);
}

result<> keyring_files::make_local(const std::string& person, std::int64_t now_ms) const {
  wish local{person, role::admin, {}, person, now_ms + ms(local_valid)};
  auto made = add(local, now_ms);
  // Known from an authority that is gone.
  if (!made && made.error().code == errc::conflict)
    made = rotate(person, person, local.expires_ms, now_ms);
  if (!made) return made.error();
  return write_private(local_credentials(), to_yaml(*made));
}

result<keyring> keyring_files::open(const std::string& person, std::int64_t now_ms) const {
  SKEIN_CHECK(private_folder(pki_));
  std::error_code failed;
  const bool first = !std::filesystem::exists(pki_ / "ca.pem", failed) &&
                     !std::filesystem::exists(pki_ / "server.pem", failed) &&
                     !std::filesystem::exists(pki_ / "server.key", failed);
  if (first) {
    SKEIN_CHECK(make_authority_files(now_ms));
    SKEIN_CHECK(renew_server(now_ms));
    SKEIN_CHECK(make_local(person, now_ms));
  }
  for (int look = 0;; ++look) {
    const auto ca = read_private(pki_ / "ca.pem", false);
    const auto certificate = read_private(pki_ / "server.pem", false);
    const auto key = read_private(pki_ / "server.key", true);
    for (const auto* each : {&ca, &certificate, &key}) {
      if (!*each) return no_authority(pki_, each->error().message);
    }
    SKEIN_TRY(authority_facts, read_certificate(*ca));
    SKEIN_TRY(facts, read_certificate(*certificate));
    if (now_ms >= authority_facts.until_ms) return no_authority(pki_, "the authority has expired");
    if (facts.until_ms - now_ms > ms(renew_before) || look > 0) {
      if (now_ms >= facts.until_ms) {
        return no_authority(pki_, "the server's certificate has expired");
      }
      return keyring{*ca, {*certificate, *key}};
    }
    // Without the authority's key the old one serves as long as it is valid.
    if (auto renewed = renew_server(now_ms); !renewed && now_ms >= facts.until_ms) {
      return no_authority(pki_, "the server's certificate has expired, and it cannot be renewed: " +
                                    renewed.error().message);
    }
  }
}

result<credentials> keyring_files::equip(operator_row& row, std::int64_t now_ms) const {
  auto issuer = authority();
  if (!issuer && issuer.error().code == errc::not_found) {
    return error{errc::not_found, "there is no certificate authority in " + pki_.string() + " yet",
                 "`skein serve --listen HOST:PORT` makes one when it starts"};
  }
  if (!issuer) return issuer.error();
  SKEIN_TRY(own, issue(*issuer, row.name, purpose::client, now_ms - 60'000, row.expires_ms));
  SKEIN_TRY(facts, read_certificate(own.certificate));
  credentials out{{}, row.name, random_hex(32), issuer->certificate, std::move(own)};
  if (const auto local = read_credentials(local_credentials())) out.server = local->server;
  row.token_sha256 = sha256_hex(out.token);
  row.certificate_sha256 = facts.sha256;
  row.revoked_ms = 0;
  return out;
}

result<credentials> keyring_files::add(const wish& wanted, std::int64_t now_ms) const {
  result<credentials> made = error{};
  SKEIN_CHECK(change_operators(operators(), [&](std::vector<operator_row>& rows) -> result<> {
    operator_row row;
    row.name = wanted.name;
    row.role = wanted.role;
    row.tenant = wanted.tenant;
    row.changed_by = wanted.by;
    row.added_ms = now_ms;
    row.expires_ms = wanted.expires_ms;
    auto known = std::find_if(rows.begin(), rows.end(),
                              [&](const auto& each) { return each.name == wanted.name; });
    if (known != rows.end() && known->usable(now_ms)) {
      return error{errc::conflict, "operator " + wanted.name + " exists already",
                   "`skein operator rotate " + wanted.name + "` gives new credentials"};
    }
    made = equip(row, now_ms);
    if (!made) return made.error();
    if (known != rows.end()) {
      *known = row;
    } else {
      rows.push_back(row);
    }
    return {};
  }));
  return made;
}

result<credentials> keyring_files::rotate(const std::string& name, const std::string& by,
                                          std::int64_t expires_ms, std::int64_t now_ms) const {
  result<credentials> made = error{};
  SKEIN_CHECK(change_operators(operators(), [&](std::vector<operator_row>& rows) -> result<> {
    for (auto& row : rows) {
      if (row.name != name) continue;
      if (row.revoked_ms != 0) {
        return error{errc::refused, "operator " + name + " is revoked",
                     "`skein operator add " + name + " --role …` lets them in again"};
      }
      row.expires_ms = expires_ms;
      row.changed_by = by;
      made = equip(row, now_ms);
      return made ? result<>{} : result<>{made.error()};
    }
    return error{errc::not_found, "no operator " + name, "`skein operator list` shows them"};
  }));
  return made;
}

result<> keyring_files::revoke(const std::string& name, const std::string& by,
                               std::int64_t now_ms) const {
  return change_operators(operators(), [&](std::vector<operator_row>& rows) -> result<> {
    for (auto& row : rows) {
      if (row.name != name) continue;
      if (row.revoked_ms == 0) row.revoked_ms = now_ms;
      row.changed_by = by;
      return {};
    }
    return error{errc::not_found, "no operator " + name, "`skein operator list` shows them"};
  });
}

result<> keyring_files::say_where(const std::string& server) const {
  auto held = read_credentials(local_credentials());
  if (!held && held.error().code == errc::not_found) return {};
  if (!held) return held.error();
  if (held->server == server) return {};
  held->server = server;
  return write_private(local_credentials(), to_yaml(*held));
}

}  // namespace skein::console
