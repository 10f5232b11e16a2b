// The names under which credentials are kept, as a table. See path.hpp.
#include "runtime/policy/path.hpp"

#include <algorithm>
#include <iterator>

namespace skein::policy::detail {

namespace {

/// Whole names, wherever they are.
constexpr std::string_view names[] = {
    ".env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".git-credentials",
    ".pgpass",
    "pgpass.conf",
    ".my.cnf",
    ".mylogin.cnf",
    ".npmrc",
    ".pypirc",
    ".htpasswd",
    ".vault-token",
    ".terraformrc",
    "terraform.rc",
    ".s3cfg",
    ".boto",
    ".dockercfg",
    "kubeconfig",
    "credentials.json",
    "client_secret.json",
    "secrets.yml",
    "secrets.yaml",
    "secrets.json",
    "secrets.toml",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    ".bash_history",
    ".zsh_history",
    ".sh_history",
    ".python_history",
    ".psql_history",
    ".mysql_history",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_ecdsa_sk",
    "id_ed25519_sk",
    "master.key",
    "wp-config.php",
    ".pnpmrc",
    "auth.json",
    ".gitconfig",
    "sftp-config.json",
    ".databrickscfg",
};

/// The ends of names.
constexpr std::string_view suffixes[] = {
    ".pem", ".key", ".p12",    ".pfx",    ".jks",         ".keystore", ".kdbx", ".kdb",
    ".ppk", ".p8",  ".tfvars", ".agekey", ".tfvars.json", ".keychain", ".ovpn",
};

/// The starts of names; what follows starts with a dot or a separator.
constexpr std::string_view prefixes[] = {
    ".env",       "id_rsa",          "id_dsa",          "id_ecdsa",
    "id_ed25519", "service-account", "service_account", "kubeconfig"};

/// The ends of names that only show what the real one looks like, or are public.
constexpr std::string_view harmless[] = {
    ".example", ".sample", ".template", ".dist", ".pub", ".defaults", ".tmpl", ".schema",
    ".md",      ".go",     ".py",       ".ts",   ".js",  ".java",     ".rs",   ".rb"};

/// Folders of which everything is secret.
constexpr std::string_view folders[] = {".ssh",  ".gnupg", ".password-store", ".azure",   ".aws",
                                        ".kube", ".oci",   ".step",           ".minikube"};

/// Ends of paths.
constexpr std::string_view tails[] = {
    ".docker/config.json",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".m2/settings.xml",
    ".m2/settings-security.xml",
    ".gradle/gradle.properties",
    ".config/gh/hosts.yml",
    ".config/hub",
    ".config/glab-cli/config.yml",
    ".composer/auth.json",
    ".config/pip/pip.conf",
    ".nuget/nuget.config",
    ".config/git/credentials",
    ".subversion/auth",
    "etc/shadow",
    "etc/gshadow",
    "etc/master.passwd",
};

/// Parts of paths.
constexpr std::string_view parts[] = {".config/gcloud/", "run/secrets/", ".config/op/",
                                      ".local/share/keyrings/"};

bool is_proc_secret(std::string_view path) {
  if (!path.starts_with("/proc/") && !path.starts_with("proc/")) return false;
  for (const std::string_view end : {"/environ", "/cmdline", "/mem", "/maps", "/auxv"}) {
    if (path.ends_with(end)) return true;
  }
  return path.find("/fd/") != std::string_view::npos ||
         path.find("/root/") != std::string_view::npos;
}

bool is_secret_name(std::string_view name) {
  for (const auto end : harmless) {
    if (name.ends_with(end)) return false;
  }
  if (std::find(std::begin(names), std::end(names), name) != std::end(names)) return true;
  for (const auto end : suffixes) {
    if (name.ends_with(end)) return true;
  }
  for (const auto start : prefixes) {
    if (!name.starts_with(start) || name.size() == start.size()) continue;
    const char next = name[start.size()];
    if (next == '.' || next == '-' || next == '_' || next == '~') return true;
  }
  return false;
}

}  // namespace

bool is_folded_secret(std::string_view folded) {
  if (is_proc_secret(folded)) return true;
  for (const auto tail : tails) {
    if (!folded.ends_with(tail)) continue;
    if (folded.size() == tail.size() || folded[folded.size() - tail.size() - 1] == '/') return true;
  }
  for (const auto part : parts) {
    const std::size_t at = folded.find(part);
    if (at != std::string_view::npos && (at == 0 || folded[at - 1] == '/')) return true;
  }
  std::string_view rest = folded;
  for (;;) {
    const std::size_t end = rest.find('/');
    const std::string_view name = rest.substr(0, end);
    if (std::find(std::begin(folders), std::end(folders), name) != std::end(folders)) return true;
    if (end == std::string_view::npos) return is_secret_name(name);
    rest.remove_prefix(end + 1);
  }
}

}  // namespace skein::policy::detail
