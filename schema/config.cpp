// `skein.yaml` as JSON and back.
#include "schema/config.hpp"

#include "schema/json_read.hpp"
#include "schema/quantity.hpp"
#include "schema/spec_json.hpp"

namespace skein::schema {

using nlohmann::json;

json to_json(const config& value) {
  json tenants = json::object();
  for (const auto& [name, each] : value.tenants) {
    tenants[name] = {{"weight", each.weight},
                     {"maxConcurrency", each.max_concurrency},
                     {"usd", each.usd},
                     {"tokens", each.tokens}};
  }
  json registries = json::object();
  for (const auto& [name, each] : value.egress.registries) {
    registries[name] = {
        {"hosts", each.hosts}, {"allowPrivate", each.allow_private}, {"tls", each.tls}};
  }
  json egress = {{"registries", std::move(registries)}};
  if (!value.egress.upstream_proxy.empty()) egress["upstreamProxy"] = value.egress.upstream_proxy;
  return {{"apiVersion", detail::api_version},
          {"kind", "Config"},
          {"cells", value.cells},
          {"gitTimeout", format_duration(value.git_timeout)},
          {"cellMemory", value.cell_memory_bytes},
          {"cellProcesses", value.cell_processes},
          {"maxCrashes", value.max_crashes},
          {"author", {{"name", value.author_name}, {"email", value.author_email}}},
          {"tenants", std::move(tenants)},
          {"egress", std::move(egress)},
          {"policies", value.policies},
          {"approvals",
           {{"expireAfter", format_duration(value.approvals.expire_after)},
            {"escalateAfter", format_duration(value.approvals.escalate_after)}}}};
}

config config_from_json(const json& document) {
  using detail::read;
  return detail::reading("configuration", [&] {
    detail::expect_kind(document, "Config");
    config out;
    read(document, "cells", out.cells);
    detail::read_duration(document, "gitTimeout", out.git_timeout);
    detail::read_bytes(document, "cellMemory", out.cell_memory_bytes);
    read(document, "cellProcesses", out.cell_processes);
    read(document, "maxCrashes", out.max_crashes);
    const json& author = detail::member(document, "author");
    read(author, "name", out.author_name);
    read(author, "email", out.author_email);
    for (const auto& [name, each] : detail::member(document, "tenants").items()) {
      tenant_config& tenant = out.tenants[name];
      read(each, "weight", tenant.weight);
      read(each, "maxConcurrency", tenant.max_concurrency);
      read(each, "usd", tenant.usd);
      read(each, "tokens", tenant.tokens);
    }
    const json& egress = detail::member(document, "egress");
    read(egress, "upstreamProxy", out.egress.upstream_proxy);
    for (const auto& [name, each] : detail::member(egress, "registries").items()) {
      registry_config& registry = out.egress.registries[name];
      read(each, "hosts", registry.hosts);
      read(each, "allowPrivate", registry.allow_private);
      read(each, "tls", registry.tls);
    }
    read(document, "policies", out.policies);
    const json& approvals = detail::member(document, "approvals");
    detail::read_duration(approvals, "expireAfter", out.approvals.expire_after);
    detail::read_duration(approvals, "escalateAfter", out.approvals.escalate_after);
    return out;
  });
}

}  // namespace skein::schema
