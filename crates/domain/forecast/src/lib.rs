//! The cheapest way to certification and the earliest day, as an exact problem and a checked answer.
