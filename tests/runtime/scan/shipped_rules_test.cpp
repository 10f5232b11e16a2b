// What the shipped rules take for a secret and what not: a table of both.
#include "tests/runtime/scan/made_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string lower = "abcdefghijklmnopqrstuvwxyz";
const std::string upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const std::string digits = "0123456789";
const std::string upper_digits = upper + digits;
const std::string lower_digits = lower + digits;
const std::string url_safe = upper + lower + digits + "-_";

std::string uuid() {
  return noise(8, hex) + "-" + noise(4, hex) + "-4" + noise(3, hex) + "-a" + noise(3, hex) + "-" +
         noise(12, hex);
}

std::string short_pem(const std::string& kind) {
  const std::string dashes(5, '-');
  return dashes + "BEGIN " + kind + " PRIVATE KEY" + dashes + "\n" + noise(24) + "\n" + dashes +
         "END " + kind + " PRIVATE KEY" + dashes;
}

struct secret_case {
  std::string rule;
  std::string secret;
  std::string before;
  std::string after;
  std::string path = "src/app.txt";
};

std::vector<secret_case> forges_and_registries() {
  return {
      {"github-token", "ghp_" + noise(36), "", ""},
      {"github-token", "gho_" + noise(36), "x=", ";"},
      {"github-token", "ghu_" + noise(36), "", ""},
      {"github-token", "ghs_" + noise(36), "https://x-access-token:", "@github.com/a/b"},
      {"github-token", "ghr_" + noise(76), "(", ")"},
      {"github-fine-grained-token", "github_pat_" + noise(22) + "_" + noise(59), "", ""},
      {"gitlab-token", "glpat-" + noise(20), "", ""},
      {"gitlab-token", "gldt-" + noise(20), "", ""},
      {"gitlab-token", "glptt-" + noise(40, hex), "", ""},
      {"gitlab-runner-registration-token", "GR1348941" + noise(20), "token: ", ""},
      {"gitlab-session", noise(32, hex), "Cookie: _gitlab_session=", "; path=/"},
      {"bitbucket-app-password", "ATBB" + noise(24) + noise(8, "0123456789ABCDEF"), "", ""},
      {"atlassian-token", "ATATT3x" + noise(180, url_safe), "", "=" + noise(8, hex)},
      {"sourcegraph-token", "sgp_" + noise(40, hex), "", ""},
      {"circleci-token", "CCIPAT_" + noise(22) + "_" + noise(40, hex), "", ""},
      {"buildkite-token", "bkua_" + noise(40, hex), "", ""},
      {"npm-token", "npm_" + noise(36), "", ""},
      {"npmrc-credential", noise(40), "//registry.corp.example/:_authToken=", ""},
      {"npmrc-credential", noise(28) + "==", "//registry.corp.example/:_auth=", ""},
      {"pypi-token", "pypi-AgEIcHlwaS5vcmc" + noise(80), "password = ", ""},
      {"rubygems-token", "rubygems_" + noise(48, hex), "", ""},
      {"crates-io-token", "cio" + noise(32), "token = \"", "\""},
      {"docker-hub-token", "dckr_pat_" + noise(27), "", ""},
      {"nuget-key", "oy2" + noise(43, lower_digits), "", ""},
      {"clojars-token", "CLOJARS_" + noise(60, lower_digits), "", ""},
      {"jfrog-token", "AKCp" + noise(69), "", ""},
      {"git-host-url-token", noise(40, hex), "https://", "@git.corp.example/a.git"},
  };
}

std::vector<secret_case> clouds() {
  return {
      {"aws-access-key-id", "AKIA" + noise(16, base32), "id = ", ""},
      {"aws-access-key-id", "AKIA" + noise(16, upper_digits), "", ""},
      {"aws-access-key-id", "ASIA" + noise(16, base32), "\"", "\""},
      {"aws-secret-access-key", noise(40), "aws_secret_access_key = ", "", ".aws/credentials"},
      {"aws-secret-access-key", noise(40), "\"SecretAccessKey\": \"", "\""},
      {"aws-session-token", noise(360) + "==", "aws_session_token=", ""},
      {"aws-bedrock-key", "ABSK" + noise(120) + "==", "", ""},
      {"aws-mws-token", "amzn.mws." + uuid(), "", ""},
      {"google-api-key", "AIza" + noise(35), "key=", "&x=1"},
      {"google-oauth-client-secret", "GOCSPX-" + noise(28), "", ""},
      {"google-oauth-token", "ya29." + noise(60), "", ""},
      {"google-refresh-token", "1//0" + noise(60, url_safe), "refresh: ", ""},
      {"firebase-server-key", "AAAA" + noise(7) + ":APA91b" + noise(134), "", ""},
      {"azure-storage-key", noise(86) + "==", "AccountName=x;AccountKey=", ";"},
      {"azure-storage-key", noise(43) + "=", "Endpoint=sb://x;SharedAccessKey=", ""},
      {"azure-client-secret", noise(3) + "8Q~" + noise(34), "client: ", ""},
      {"azure-shared-access-signature", noise(43) + "%3D", "?sv=2022-11-02&sig=", "&se=x"},
      {"azure-devops-token", noise(76) + "AZDO" + noise(4), "", ""},
      {"azure-subscription-key", noise(32, hex), "Ocp-Apim-Subscription-Key: ", ""},
      {"azure-service-key", noise(52) + "AzSe" + noise(6), "\"", "\""},
      {"alibaba-access-key-id", "LTAI" + noise(20), "", ""},
      {"tencent-secret-id", "AKID" + noise(32), "", ""},
      {"scaleway-access-key", "SCW" + noise(17, upper_digits), "", ""},
      {"digitalocean-token", "dop_v1_" + noise(64, hex), "", ""},
      {"heroku-key", "HRKU-" + noise(60, url_safe), "", ""},
      {"heroku-key", uuid(), "HEROKU_API_KEY=", ""},
      {"databricks-token", "dapi" + noise(32, hex), "", ""},
      {"vault-token", "hvs." + noise(90), "", ""},
      {"vault-legacy-token", "s." + noise(24), "VAULT_TOKEN=", ""},
      {"terraform-cloud-token", noise(14) + ".atlasv1." + noise(67), "", ""},
      {"pulumi-token", "pul-" + noise(40, hex), "", ""},
      {"doppler-token", "dp.pt." + noise(43), "", ""},
      {"cloudflare-origin-key", "v1.0-" + noise(24, hex) + "-" + noise(146, hex), "", ""},
      {"cloudflare-token", noise(40), "CLOUDFLARE_API_TOKEN: ", ""},
      {"fly-token", "fo1_" + noise(43, url_safe), "", ""},
      {"netlify-token", "nfp_" + noise(36), "", ""},
      {"supabase-key", "sbp_" + noise(40, hex), "", ""},
      {"planetscale-credential", "pscale_tkn_" + noise(43), "", ""},
      {"tailscale-key", "tskey-auth-" + noise(12) + "-" + noise(32), "", ""},
  };
}

std::vector<secret_case> services_and_models() {
  return {
      {"anthropic-key", "sk-ant-api03-" + noise(95), "", ""},
      {"openai-key", "sk-" + noise(20) + "T3BlbkFJ" + noise(20), "", ""},
      {"openai-key", "sk-proj-" + noise(120), "OPENAI=", ""},
      {"openrouter-key", "sk-or-v1-" + noise(64, hex), "", ""},
      {"deepseek-key", "sk-" + noise(32, hex), "", ""},
      {"huggingface-token", "hf_" + noise(34, lower + upper), "", ""},
      {"groq-key", "gsk_" + noise(52), "", ""},
      {"replicate-token", "r8_" + noise(37), "", ""},
      {"perplexity-key", "pplx-" + noise(48), "", ""},
      {"xai-key", "xai-" + noise(80), "", ""},
      {"langsmith-key", "lsv2_pt_" + noise(32, hex) + "_" + noise(10, hex), "", ""},
      {"nvidia-key", "nvapi-" + noise(64, url_safe), "", ""},
      {"slack-token", "xoxb-" + noise(12, digits) + "-" + noise(13, digits) + "-" + noise(24), "",
       ""},
      {"slack-app-token", "xapp-1-A" + noise(10, upper_digits) + "-1234567890-" + noise(64, hex),
       "", ""},
      {"slack-webhook", "services/T" + noise(10) + "/B" + noise(10) + "/" + noise(24),
       "https://hooks.slack.com/", ""},
      {"discord-bot-token", "M" + noise(25) + "." + noise(6) + "." + noise(38), "discord: ", ""},
      {"discord-webhook", noise(18, digits) + "/" + noise(68, url_safe),
       "https://discord.com/api/webhooks/", ""},
      {"teams-webhook",
       "webhookb2/" + uuid() + "@" + uuid() + "/IncomingWebhook/" + noise(32, hex) + "/" + uuid(),
       "https://x.webhook.office.com/", ""},
      {"telegram-bot-token", noise(9, digits) + ":AA" + noise(33), "bot", ""},
      {"stripe-key", "sk_live_" + noise(24), "", ""},
      {"stripe-key", "rk_test_" + noise(24), "", ""},
      {"stripe-webhook-secret", "whsec_" + noise(32), "", ""},
      {"sendgrid-key", "SG." + noise(22) + "." + noise(43), "", ""},
      {"twilio-key", "SK" + noise(32, hex), "", ""},
      {"twilio-auth-token", noise(32, hex), "twilio_auth_token = '", "'"},
      {"mailgun-key", "key-" + noise(32, hex), "", ""},
      {"mailchimp-key", noise(32, hex) + "-us12", "", ""},
      {"brevo-key", "xkeysib-" + noise(64, hex) + "-" + noise(16), "", ""},
      {"shopify-token", "shpat_" + noise(32, hex), "", ""},
      {"square-token", "sq0atp-" + noise(22), "", ""},
      {"braintree-token",
       "access_token$production$" + noise(16, lower_digits) + "$" + noise(32, hex), "", ""},
      {"hubspot-token", "pat-na1-" + uuid(), "", ""},
      {"airtable-token", "pat" + noise(14) + "." + noise(64, hex), "", ""},
      {"notion-token", "ntn_" + noise(11, digits) + noise(35), "", ""},
      {"linear-key", "lin_api_" + noise(40), "", ""},
      {"figma-token", "figd_" + noise(40), "", ""},
      {"postman-key", "PMAK-" + noise(24, hex) + "-" + noise(34, hex), "", ""},
      {"sentry-token", "sntryu_" + noise(64, hex), "", ""},
      {"grafana-token", "glsa_" + noise(32) + "_" + noise(8, hex), "", ""},
      {"datadog-key", noise(32, hex), "DD_API_KEY=", ""},
      {"newrelic-key", "NRAK-" + noise(27, upper_digits), "", ""},
      {"dynatrace-token", "dt0c01." + noise(24, upper_digits) + "." + noise(64, upper_digits), "",
       ""},
      {"launchdarkly-key", "sdk-" + uuid(), "", ""},
      {"onepassword-token", "ops_eyJ" + noise(250), "", ""},
      {"salesforce-session", "00D" + noise(12) + "!" + noise(96), "", ""},
      {"okta-token", "00" + noise(40), "okta_token = ", ""},
      {"dropbox-token", "sl." + noise(135), "", ""},
      {"zapier-webhook", "hooks/catch/1234567/" + noise(7), "https://hooks.zapier.com/", "/"},
  };
}

std::vector<secret_case> keys_files_and_words() {
  const std::string armour = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ" + noise(200);
  return {
      {"private-key", pem("RSA PRIVATE KEY"), "", ""},
      {"private-key", pem("OPENSSH PRIVATE KEY"), "", ""},
      {"private-key", short_pem("RSA"), "", ""},
      {"private-key", short_pem("EC"), "KEY = \"\"\"", "\"\"\""},
      {"private-key", pem("ENCRYPTED PRIVATE KEY"), "  ", ""},
      {"private-key", pem("PRIVATE KEY", "\\n"), "{\"private_key\": \"", "\"}"},
      {"private-key", pem("PGP PRIVATE KEY BLOCK", "\r\n  "), "", ""},
      {"private-key-bare", "MIIEpAIBAAKC" + noise(400), "key: ", ""},
      {"private-key-base64", armour, "key: ", ""},
      {"kubeconfig-key", noise(200), "    client-key-data: ", "", ".kube/config"},
      {"putty-private-key", std::string{"PuTTY-User-Key-"} + "File-3: ssh-ed25519", "", ""},
      {"age-secret-key", "AGE-SECRET-KEY-1" + noise(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"), "",
       ""},
      {"jwt", "eyJ" + noise(30) + ".eyJ" + noise(60) + "." + noise(43), "", ""},
      {"authorization-header", noise(40), "curl -H 'Authorization: Bearer ", "'"},
      {"basic-authorization", "YWRtaW46" + noise(12), "Authorization: Basic ", ""},
      {"token-header", noise(40), "X-Api-Key: ", ""},
      {"token-header", noise(20), "PRIVATE-TOKEN: ", ""},
      {"command-line-credential", noise(14), "curl -u admin:", " https://x"},
      {"command-line-credential", noise(20), "deploy --api-key=", " now"},
      {"url-credentials", noise(12), "postgres://app:", "@db.internal:5432/app"},
      {"url-credentials", noise(16), "git clone https://bot:", "@git.corp.example/x.git"},
      {"url-credentials", noise(16), "redis://:", "@cache:6379/0"},
      {"url-credentials", noise(8) + "@" + noise(4), "amqp://u:", "@queue:5672"},
      {"url-credentials", noise(12), "https://bob:", "@corp.example", ".git-credentials"},
      {"connection-string-password", noise(12),
       "Server=db.corp;Database=app;User Id=sa;Password=", ";"},
      {"connection-string-password", noise(12), "host=db user=app password=", " dbname=x"},
      {"jdbc-password", noise(12), "jdbc:mysql://db/app?user=a&password=", "&ssl=1"},
      {"netrc-credential", noise(12), "machine git.corp.example login bob password ", "", ".netrc"},
      {"docker-config-auth", noise(40) + "==", "{\"auths\":{\"r.io\":{\"auth\": \"", "\"}}}",
       "config.json"},
      {"maven-settings-password", noise(14), "<server><password>", "</password></server>",
       "settings.xml"},
      {"pypirc-password", noise(14), "username = bob\npassword = ", "", ".pypirc"},
      {"pgpass-password", noise(14), "db:5432:app:bob:", "", ".pgpass"},
      {"kubeconfig-credential", noise(40), "    token: ", "", "home/kubeconfig"},
      {"rails-master-key", noise(32, hex), "", "", "config/master.key"},
      {"shadow-password", "$6$" + noise(8) + "$" + noise(86), "root:", ":19000:0:99999:7:::"},
      {"quoted-secret", noise(14), "db_password = \"", "\""},
      {"quoted-secret", "hunter" + noise(1, digits), "password: '", "'"},
      {"quoted-secret", noise(32, hex), "'apiKey' : '", "'"},
      {"quoted-secret", noise(10) + "^(){}|" + noise(6), "const passphrase = `", "`"},
      {"quoted-secret", noise(20), "config['secret'] = '", "'"},
      {"argument-secret", noise(20), "define('DB_PASSWORD', '", "');"},
      {"assigned-secret", noise(32), "export SESSION_SECRET=", ""},
      {"assigned-secret", noise(24), "  DEPLOY_TOKEN: ", ""},
      {"config-secret", noise(18), "spring.datasource.password=", "", "app.properties"},
      {"config-secret", noise(18), "  secret: ", " # prod", "values.yaml"},
  };
}

class table : public shipped_rules {
 protected:
  static void expect_found(const std::vector<secret_case>& cases) {
    for (const secret_case& each : cases) {
      const std::string text = each.before + each.secret + each.after;
      SCOPED_TRACE(each.rule + ": " + text);
      const auto findings = scanner().scan("first line\n" + text + "\nlast line\n", each.path);
      ASSERT_EQ(rules_of(findings), std::vector<std::string>{each.rule});
      EXPECT_EQ(findings[0].path, each.path);
      EXPECT_FALSE(findings[0].description.empty());
      EXPECT_EQ(findings[0].fingerprint.size(), 64U);
      EXPECT_THAT(findings[0].fingerprint, Not(HasSubstr(each.secret)));
    }
  }
  static void expect_redacted(const std::vector<secret_case>& cases) {
    for (const secret_case& each : cases) {
      if (each.path != "src/app.txt") continue;  // some of these need their path
      std::string clean = scanner().redact("# " + each.before + each.secret + each.after + "\n");
      SCOPED_TRACE(clean);
      const std::size_t mark = clean.find("[redacted:");
      ASSERT_NE(mark, std::string::npos);
      clean.erase(mark, clean.find(']', mark) - mark);  // names of rules are like some prefixes
      for (std::size_t at = 0; at + 5 <= each.secret.size() && at < 60; ++at) {
        const std::string piece = each.secret.substr(at, 5);
        if ((each.before + each.after).find(piece) != std::string::npos) continue;
        EXPECT_THAT(clean, Not(HasSubstr(piece)));
      }
    }
  }
};

TEST_F(table, T5_4_F7_C10_tokens_of_forges_and_registries) {
  expect_found(forges_and_registries());
}
TEST_F(table, T5_4_F7_C10_keys_of_clouds) {
  expect_found(clouds());
}
TEST_F(table, T5_4_F7_C10_keys_of_services_and_models) {
  expect_found(services_and_models());
}
TEST_F(table, T5_4_F7_C10_private_keys_credential_files_and_named_values) {
  expect_found(keys_files_and_words());
}
TEST_F(table, T5_3_C9_redaction_lets_nothing_of_them_through) {
  expect_redacted(forges_and_registries());
  expect_redacted(clouds());
  expect_redacted(services_and_models());
  expect_redacted(keys_files_and_words());
}

TEST_F(table, key_stores_are_secrets_by_name) {
  for (const char* path : {"a.p12", "conf/Server.PFX", "x/y.jks", "team.kdbx"}) {
    EXPECT_EQ(rules_of(scanner().scan("", path)), std::vector<std::string>{"key-store"}) << path;
  }
  EXPECT_TRUE(scanner().scan("", "a.p12.md").empty());
}

TEST_F(table, leave_ordinary_text_alone) {
  for (const std::string& text : std::vector<std::string>{
           "password = os.environ[\"DB_PASSWORD\"]",
           "password = os.getenv('DB_PASSWORD_2')",
           "token: ${{ secrets.GITHUB_TOKEN }}",
           "const tokenType = \"access_token_type\";",
           "postgres://user:password@localhost/db",
           "postgres://scott:tiger12@pg.example.com/db",
           "https://user:${TOKEN}@example.com/",
           "https://example.com:8080/a@b",
           "https://example.com:8080?mail=a@b",
           "see http://[::1]:80/",
           "see https://host.corp.example:443/path and mail me@corp.example",
           "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
           "PASSWORD=changeme-please-1234",
           "secret: \"your_secret_goes_here_1\"",
           "TOKEN_URL=https://auth.example.com/oauth2/token",
           "api_key = \"XXXXXXXXXXXXXXXX1\"",
           "if token == \"identifier\": pass",
           "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           "integrity sha512-abc",
           "-----BEGIN CERTIFICATE-----",
           "-----BEGIN PUBLIC KEY-----",
           "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
           "\"-----BEGIN RSA PRIVATE KEY-----\\n\" + body + \"\\n-----END RSA PRIVATE KEY-----\"",
           "Authorization: Bearer YOUR_ACCESS_TOKEN_HERE",
           "Authorization: Basic base64(username:password)",
           "password: \"\"",
           "task-slack-xoxb-token",
           "def __init__(self, host, port=PORT, user=None, password=None, timeout=60):",
           "char *username = NULL, *password = NULL, *key = NULL;",
           "exports.TOKEN = exports.STRICT_TOKEN.concat([1]);",
           "secretName: app-tls-2",
           "secret_name = \"prod-db-1\"",
           "token_url: \"https://login.corp.example/v1/token\"",
           "passwordHash = \"$2b$12$abcdefghijklmnopqrstuv\"",
           "\"tokenId\": \"0f8fad5b-d9cb-469f-a165-70867728950e\"",
           "session_token: 0f8fad5b-d9cb-469f-a165-70867728950e",
           "password_file = \"/run/secrets/db1\"",
           "<password>${env.DB_PASSWORD}</password>",
           "<password>{{ db_password }}</password>",
           "machine <host> login <user> password <password>",
           "curl -u \"$USER:$PASSWORD\" https://x",
           "curl --user ${CI_USER}:${CI_TOKEN} https://x",
           "run --password-file=/run/secrets/x1",
           "--token=$GITHUB_TOKEN2",
           "Server=db;Database=app;User Id=sa;Password=${DB_PASSWORD};",
           "jdbc:postgresql://db/app?user=a&password=${PW1}",
           "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
           "private String accessToken;",
           "String password = request.getParameter(\"password1\");",
           "type TokenKind = 'identifier' | 'number2';",
           "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
           "\"integrity\": \"sha512-" + noise(86) + "==\"",
           "golang.org/x/text v0.3.7 h1:" + noise(43) + "=",
           "id: 0f8fad5b-d9cb-469f-a165-70867728950e",
           "checksum = \"" + noise(64, hex) + "\"",
           "background: url(data:image/png;base64," + noise(200) + "=)",
           "key: value",
           "sk-learn and ask-me and risk-free",
           "pat = re.compile(\"a.b\")",
           "The token expires; the secret is rotated, the password stays.",
           "token_sha256 = \"" + noise(64, hex) + "\"",
           "npm_config_registry=https://registry.npmjs.org/",
           "github_pat_ is the prefix of such tokens",
           "error: src/main.cpp:12:5: error: expected expression",
           "12:34:56:78:message",
           "METHOD can be \"trust\", \"password\", \"scram-sha-256\"",
           "(\"tokens\", \"labels\", \"symbol2label\")",
       }) {
    EXPECT_TRUE(scanner().scan(text, "a").empty())
        << text << ": " << ::testing::PrintToString(rules_of(scanner().scan(text, "a")));
    EXPECT_EQ(scanner().redact(text), text);
  }
}

TEST_F(table, lock_files_and_examples_are_no_findings) {
  const std::string lock =
      "{\"lockfileVersion\": 3, \"packages\": {\"a\": {\"resolved\": "
      "\"https://registry.npmjs.org/a/-/a-1.0.0.tgz\", \"integrity\": \"sha512-" +
      noise(86) + "==\"}}}\n";
  EXPECT_TRUE(scanner().scan(lock, "package-lock.json").empty());
  EXPECT_TRUE(scanner().scan("DB_PASSWORD=\nAPI_TOKEN=<your token>\n", ".env.example").empty());
}

}  // namespace
}  // namespace skein::scan
