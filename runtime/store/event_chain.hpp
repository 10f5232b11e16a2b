// The hash chain of events. The hash of an event is
//
//   SHA-256( previous hash (32 bytes)
//            | seq | at_ms                               each 8 bytes, little-endian
//            | kind | run | campaign | tenant | actor | payload
//                                     each: length in 8 bytes, little-endian, then the bytes
//            | audited                                   1 byte, 0 or 1 )
//
// where `run` is the run's id, empty if the event is not about one run. The first event's previous
// hash is 32 zero bytes. Every length is explicit, so no two different events hash the same bytes.
#pragma once

#include "runtime/store/connection.hpp"
#include "schema/stage.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace skein::store {

using digest = std::array<unsigned char, 32>;

/// What an event says. Only refers to the texts.
struct event_content {
  std::int64_t at_ms = 0;
  const std::string& kind;
  const std::string& run_id;
  const std::string& campaign;
  const std::string& tenant;
  const std::string& actor;
  const std::string& payload;
  bool audited = false;
};

/// Computes links of the chain; keeps its buffers, so it is cheap to call often.
class chain_hasher {
 public:
  chain_hasher();
  [[nodiscard]] digest next(const digest& previous, std::int64_t seq, const event_content& event);

 private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::string buffer_;
};

struct chain_head {
  std::int64_t seq = 0;
  digest hash{};
  friend bool operator==(const chain_head&, const chain_head&) = default;
};

/// Appends events inside the writer's transaction. The head lives in memory between commits.
class event_chain {
 public:
  /// Throws SQLite::Exception.
  explicit event_chain(connection& on);

  /// Reads the stored head; `corrupt` when it is not the hash of the last event.
  [[nodiscard]] result<> load();
  [[nodiscard]] const chain_head& head() const noexcept { return head_; }
  /// After a rollback.
  void restore(const chain_head& head) noexcept { head_ = head; }
  /// Writes the head; part of every transaction that appended.
  void save();

  /// `run_seq` 0: not about one run. Returns the event's seq. Throws SQLite::Exception.
  std::int64_t append(std::int64_t run_seq, const event_content& event);

 private:
  connection& connection_;
  SQLite::Statement insert_;
  chain_hasher hasher_;
  chain_head head_;
};

/// The kind of the event that moves a run to `state`: "run_" and its name; run_queued when it is
/// added.
[[nodiscard]] const std::string& kind_of(schema::run_state state);

/// The state that an event of this kind puts its run into; none for other kinds.
[[nodiscard]] std::optional<schema::run_state> state_said_by(std::string_view kind);

/// True for kinds that only the store itself may write; a note must not imitate them.
[[nodiscard]] bool is_reserved(std::string_view kind);

/// Whether an event belongs to the audit trail: what people did, switches, submissions, decisions
/// and outcomes (docs/decisions/0002-one-hash-chain.md).
[[nodiscard]] bool is_audited(std::string_view kind, std::string_view actor);

}  // namespace skein::store
