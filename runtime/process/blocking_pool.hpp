// A fixed number of threads for calls that block: files, git objects, child processes that are
// waited for. Actors post work here and get the result as a message.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <utility>

namespace skein::process {

class blocking_pool {
 public:
  explicit blocking_pool(std::size_t threads) : pool_(threads) {}
  /// Finishes what is running, drops what is queued.
  ~blocking_pool() {
    pool_.stop();
    pool_.join();
  }
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  template <class Work>
  void post(Work&& work) {
    boost::asio::post(pool_, std::forward<Work>(work));
  }

  /// Work that is posted through it runs one after the other, in order, on some thread of the pool,
  /// which outlives it.
  class sequence {
   public:
    explicit sequence(blocking_pool& owner)
        : strand_(boost::asio::make_strand(owner.pool_.get_executor())) {}

    template <class Work>
    void post(Work&& work) {
      boost::asio::post(strand_, std::forward<Work>(work));
    }

   private:
    boost::asio::strand<boost::asio::thread_pool::executor_type> strand_;
  };

 private:
  boost::asio::thread_pool pool_;
};

}  // namespace skein::process
