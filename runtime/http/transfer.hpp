// One request in libcurl's hands: its options, and what libcurl calls while it runs. Lives on the
// client's thread.
#pragma once

#include "runtime/http/client.hpp"

#include <curl/curl.h>

#include <optional>

namespace skein::http {

class transfer {
 public:
  using clock = std::chrono::steady_clock;

  transfer(request wanted, listener heard);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Sets every option of the handle. `invalid` when the request is not one.
  [[nodiscard]] result<> prepare();
  [[nodiscard]] CURL* handle() const noexcept { return easy_; }

  /// Calls `done`; later calls do nothing.
  void finish(CURLcode code);
  void fail(error why);

  void pause();
  /// False: what had been held back ended it.
  [[nodiscard]] bool resume();
  /// When it has been quiet for too long, as far as is known now.
  [[nodiscard]] clock::time_point quiet_until() const;

  [[nodiscard]] std::string shown() const { return shown_; }
  [[nodiscard]] std::chrono::milliseconds idle_timeout() const { return request_.idle_timeout; }

 private:
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_data(char* bytes, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);

  [[nodiscard]] result<> check();
  [[nodiscard]] result<> check_url();
  [[nodiscard]] result<> set_method();
  [[nodiscard]] result<> set_headers();
  [[nodiscard]] bool take_header(std::string_view line);
  [[nodiscard]] error failure(CURLcode code) const;

  request request_;
  listener listener_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::string shown_;  ///< method and host
  reply reply_;
  std::size_t head_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  curl_off_t sent_ = 0;
  clock::time_point heard_ = clock::now();
  bool head_done_ = false;
  bool paused_ = false;
  bool done_ = false;
  std::optional<error> own_;  ///< why we ended it ourselves
};

}  // namespace skein::http
