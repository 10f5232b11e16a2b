// Takes a chunked body apart (RFC 9112 §7.1). Extensions and trailers are read and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skein::egress {

class chunk_reader {
 public:
  enum class progress { more, done, broken };

  /// Appends the data in `bytes` to `data`, and says in `used` how many bytes it took: all of them
  /// unless the body ends before. After `done` or `broken` it is not to be fed.
  [[nodiscard]] progress feed(std::string_view bytes, std::size_t& used, std::string& data);

 private:
  enum class state {
    size,
    extension,
    size_end,
    data,
    data_cr,
    data_end,
    line,
    line_rest,
    line_end
  };

  [[nodiscard]] bool step(char c);

  state state_ = state::size;
  std::uint64_t left_ = 0;
  unsigned digits_ = 0;
  std::size_t overhead_ = 0;  ///< of this chunk's extension, or of the trailers
  bool last_ = false;
  bool blank_ = false;
  bool done_ = false;
};

}  // namespace skein::egress
