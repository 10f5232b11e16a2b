#include "runtime/gateway/wire_reply.hpp"

#include "runtime/model/json_text.hpp"

#include <array>

namespace skein::gateway {
namespace {

using nlohmann::json;

struct reply_row {
  outcome why;
  int anthropic_status;
  const char* anthropic_type;
  int openai_status;
  const char* openai_code;
};

constexpr std::array replies{
    reply_row{outcome::malformed, 400, "invalid_request_error", 400, "invalid_request"},
    reply_row{outcome::unauthorised, 401, "authentication_error", 401, "invalid_api_key"},
    reply_row{outcome::not_found, 404, "not_found_error", 404, "not_found"},
    reply_row{outcome::model_not_allowed, 403, "permission_error", 403, "model_not_allowed"},
    reply_row{outcome::not_allowed, 400, "invalid_request_error", 400, "not_allowed"},
    reply_row{outcome::refused, 403, "permission_error", 403, "refused"},
    reply_row{outcome::budget, 402, "billing_error", 429, "insufficient_quota"},
    reply_row{outcome::too_large, 413, "request_too_large", 413, "request_too_large"},
    reply_row{outcome::busy, 429, "rate_limit_error", 429, "rate_limit_exceeded"},
    reply_row{outcome::upstream_failed, 502, "api_error", 502, "server_error"},
};

}  // namespace

own_reply error_reply(model::wire format, outcome why, const std::string& detail) {
  const reply_row* row = &replies.back();
  for (const reply_row& one : replies)
    if (one.why == why) row = &one;
  const std::string message = "skein: " + detail;
  own_reply out;
  out.stop = why != outcome::busy && why != outcome::upstream_failed;
  if (format == model::wire::anthropic) {
    out.status = row->anthropic_status;
    out.body = model::write_json(
        {{"type", "error"}, {"error", {{"type", row->anthropic_type}, {"message", message}}}});
  } else {
    out.status = row->openai_status;
    out.body = model::write_json({{"error",
                                   {{"message", message},
                                    {"type", row->openai_code},
                                    {"param", nullptr},
                                    {"code", row->openai_code}}}});
  }
  return out;
}

std::string model_list(const std::vector<std::string>& models) {
  json list = json::array();
  for (const std::string& id : models)
    list.push_back({{"id", id},
                    {"object", "model"},
                    {"type", "model"},
                    {"display_name", id},
                    {"created", 0},
                    {"created_at", "1970-01-01T00:00:00Z"},
                    {"owned_by", "skein"}});
  json out = {{"object", "list"}, {"data", list}, {"has_more", false}};
  if (!models.empty()) out["first_id"] = models.front(), out["last_id"] = models.back();
  return model::write_json(out);
}

const char* reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 502:
      return "Bad Gateway";
    default:
      return status < 400 ? "OK" : "Error";
  }
}

}  // namespace skein::gateway
