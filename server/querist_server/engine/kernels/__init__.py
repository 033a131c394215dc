"""Pure functions on arrays. They trust their input; whoever calls them has checked it."""
