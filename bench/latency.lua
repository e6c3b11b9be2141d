-- One line of numbers at the end: requests per second, then latencies in milliseconds, then answers that were not 2xx or broke off.
done = function(summary, latency, requests)
  io.write(string.format("BENCH %.2f %.3f %.3f %.3f %d\n", summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end

-- With a number after the address: each request is for one of so many practices, by chance.
init = function(args)
  local practices = tonumber(args[1])
  if practices then
    math.randomseed(os.time())
    request = function()
      wrk.headers["Host"] = "b" .. math.random(practices) .. ".localhost"
      return wrk.format()
    end
  end
end
