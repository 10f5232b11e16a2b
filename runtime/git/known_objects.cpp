// See known_objects.hpp.
#include "runtime/git/known_objects.hpp"

#include "runtime/git/object_hash.hpp"

#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace skein::git {
namespace {

constexpr int before_all_others = 1000;

/// A regular file below `top`, or -1. The checkout has no symlink that a tree's path goes through.
int open_file(int top, const std::string& path, std::size_t& size) {
  const int file = ::openat(top, path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return -1;
  struct stat about {};
  if (::fstat(file, &about) == 0 && S_ISREG(about.st_mode)) {
    size = static_cast<std::size_t>(about.st_size);
    return file;
  }
  ::close(file);
  return -1;
}

bool read_whole(int file, char* into, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t read = ::read(file, into + got, size - got);
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) return false;
    got += static_cast<std::size_t>(read);
  }
  return true;
}

}  // namespace

struct known_objects::backend {
  git_odb_backend base{};  // first, so that libgit2's pointer is ours
  known_objects* owner = nullptr;

  static object* find(git_odb_backend* self, const git_oid* id) {
    auto& objects = reinterpret_cast<backend*>(self)->owner->objects_;
    const auto found = objects.find(*id);
    return found == objects.end() ? nullptr : &found->second;
  }

  static int exists(git_odb_backend* self, const git_oid* id) {
    return find(self, id) != nullptr ? 1 : 0;
  }

  static int read_header(std::size_t* size, git_object_t* type, git_odb_backend* self,
                         const git_oid* id) {
    object* found = find(self, id);
    if (found == nullptr) return GIT_ENOTFOUND;
    *type = found->type;
    *size = found->size.value_or(found->content.size());
    if (found->path.empty() || found->size) return 0;
    const int file = open_file(reinterpret_cast<backend*>(self)->owner->top_, found->path, *size);
    if (file < 0) return GIT_ENOTFOUND;
    ::close(file);
    found->size = *size;
    return 0;
  }

  static int read(void** data, std::size_t* size, git_object_t* type, git_odb_backend* self,
                  const git_oid* id) {
    const object* found = find(self, id);
    if (found == nullptr) return GIT_ENOTFOUND;
    *type = found->type;
    if (!found->path.empty()) return read_file(data, size, self, *found, *id);
    *size = found->content.size();
    *data = git_odb_backend_data_alloc(self, *size);
    if (*data == nullptr) return GIT_ERROR;
    if (*size > 0) std::memcpy(*data, found->content.data(), *size);
    return 0;
  }

  static int read_file(void** data, std::size_t* size, git_odb_backend* self, const object& which,
                       const git_oid& id) {
    const int file = open_file(reinterpret_cast<backend*>(self)->owner->top_, which.path, *size);
    if (file < 0) return GIT_ENOTFOUND;
    *data = git_odb_backend_data_alloc(self, *size);
    bool same = *data != nullptr && read_whole(file, static_cast<char*>(*data), *size);
    ::close(file);
    // What the gate judges must be what the tree says, whatever became of the checkout.
    same = same && has_id(GIT_OBJECT_BLOB, {static_cast<const char*>(*data), *size}, id);
    if (same) return 0;
    if (*data != nullptr) git_odb_backend_data_free(self, *data);
    *data = nullptr;
    return GIT_ENOTFOUND;
  }

  static void free(git_odb_backend* self) { delete reinterpret_cast<backend*>(self); }
};

known_objects::known_objects(std::filesystem::path checkout) : checkout_(std::move(checkout)) {
  top_ = ::open(checkout_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

known_objects::~known_objects() {
  if (top_ >= 0) ::close(top_);
}

void known_objects::add(const git_oid& id, git_object_t type, std::string_view content) {
  objects_.try_emplace(id, object{type, content, {}, {}, {}});
}

void known_objects::add_copy(const git_oid& id, git_object_t type, std::string content) {
  const auto [place, fresh] = objects_.try_emplace(id, object{type, {}, std::move(content), {}, {}});
  if (fresh) place->second.content = place->second.own;
}

void known_objects::add_file(const git_oid& id, std::string path) {
  if (top_ >= 0) objects_.try_emplace(id, object{GIT_OBJECT_BLOB, {}, {}, std::move(path), {}});
}

result<> known_objects::serve(git_odb* objects) {
  auto made = std::make_unique<backend>();
  if (const int rc = git_odb_init_backend(&made->base, GIT_ODB_BACKEND_VERSION); rc < 0) {
    return library_error("serve known objects", rc);
  }
  made->owner = this;
  made->base.exists = &backend::exists;
  made->base.read_header = &backend::read_header;
  made->base.read = &backend::read;
  made->base.free = &backend::free;
  if (const int rc = git_odb_add_backend(objects, &made->base, before_all_others); rc < 0) {
    return library_error("serve known objects", rc);
  }
  made.release();  // the object database frees it
  return {};
}

}  // namespace skein::git
