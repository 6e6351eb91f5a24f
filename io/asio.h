// The one way to include Boost.Asio. Boost 1.74 uses std::exchange without including <utility>,
// which g++ 12 in C++20 mode does not bring along by itself.
#pragma once

#include <utility>

#include <boost/asio.hpp>
