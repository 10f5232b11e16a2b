#include "runtime/mcp/http_flow.hpp"

#include "runtime/mcp/message.hpp"
#include "schema/text.hpp"

#include <algorithm>

namespace skein::mcp {

std::string media_type(const std::string* header) {
  if (header == nullptr) return {};
  std::string type = header->substr(0, header->find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  for (char& c : type) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return type;
}

bool is_session_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 1024 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
}

std::string complaint_in(const std::string& body) {
  if (body.empty()) return {};
  const auto message = read_message(body);
  if (!message || message->what != incoming::kind::failure) return {};
  const auto text = message->body.find("message");
  if (text == message->body.end() || !text->is_string()) return {};
  return ": " + schema::detail::in_quotes(text->get_ref<const std::string&>(), 200);
}

error refusal_of(int status, const std::string& body) {
  const std::string shown = "the server answers with status " + std::to_string(status);
  if (status >= 300 && status < 400) {
    return {errc::unavailable, shown + ", which leads elsewhere and is not followed",
            "use the address that the server really has"};
  }
  if (status == 401 || status == 403) {
    return {errc::unauthorised, shown + complaint_in(body), "check the server's credentials"};
  }
  if (status == 404 || status == 405) {
    return {errc::not_found, shown + complaint_in(body), "check the server's address"};
  }
  return {errc::unavailable, shown + complaint_in(body), "try again later, or look at the server"};
}

}  // namespace skein::mcp
