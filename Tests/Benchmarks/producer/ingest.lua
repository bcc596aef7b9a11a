-- What wrk sends to `rostrum-producer serve`, and what it hears: ids that were accepted, one file for each thread, and
-- counts. Arguments after `--`: the folder for the files, the milliseconds a connection waits before each request.
local all = {}

function setup(thread)
    thread:set("number", #all)
    table.insert(all, thread)
end

function init(args)
    folder, pause = args[1], tonumber(args[2])
    sent, accepted, refused, bare, other = 0, 0, 0, 0, 0
    ids = io.open(folder .. "/accepted-" .. number, "w")
    text = string.rep("We will fight crime, and we will do it together. ", 40)
end

function delay() return pause end

function request()
    sent = sent + 1
    local body = string.format('{"id":"wrk-%d-%d-%s","text":"%s"}', number, sent, folder:match("[^/]+$"), text)
    return wrk.format("POST", "/speeches", { ["Content-Type"] = "application/x-ndjson" }, body)
end

function response(status, headers, body)
    if status == 202 then
        accepted = accepted + 1
        ids:write(body:match('"id":"([^"]+)"'), "\n")
        ids:flush()
    elseif status == 429 or status == 503 then
        refused = refused + 1
        if not headers["Retry-After"] then bare = bare + 1 end
    else
        other = other + 1
    end
end

function done(summary, latency, requests)
    local sums = { accepted = 0, refused = 0, bare = 0, other = 0 }
    for _, thread in ipairs(all) do
        for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
    end
    io.write(string.format(
        'RESULT {"seconds":%.2f,"accepted":%d,"refused":%d,"refused_without_retry_after":%d,"other":%d,'
            .. '"socket_errors":%d,"median_ms":%.1f,"p99_ms":%.1f}\n',
        summary.duration / 1e6, sums.accepted, sums.refused, sums.bare, sums.other,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
