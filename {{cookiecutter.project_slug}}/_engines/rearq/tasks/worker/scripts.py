"""What Redis does for a worker by itself, in one round trip."""

READ = """
-- Reads at most so many messages from streams, the first ones first.
-- KEYS: streams. ARGV: group, consumer, most messages, where to put what is no stream.
-- Returns what XREADGROUP does, and the keys that were put there.
local left, found, strange = tonumber(ARGV[3]), {}, {}
local function read(key)
    return redis.pcall('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', left, 'STREAMS', key, '>')
end
for _, key in ipairs(KEYS) do
    if left <= 0 then break end
    local reply = read(key)
    if reply and reply.err and reply.err:find('WRONGTYPE', 1, true) then
        redis.call('RENAME', key, ARGV[4] .. ':' .. key)
        strange[#strange + 1] = key
        reply = read(key)
    end
    if reply and reply.err and reply.err:find('NOGROUP', 1, true) then
        -- From the beginning: what was rung before the first worker came is for it too.
        redis.call('XGROUP', 'CREATE', key, ARGV[1], '0', 'MKSTREAM')
        reply = read(key)
    end
    if reply and reply.err then return reply end
    if reply then
        found[#found + 1] = reply[1]
        left = left - #reply[1][2]
    end
end
return {found, strange}
"""

RECLAIM = """
-- Takes over messages that were read long ago and are not done with: their reader may be lost.
-- KEYS: streams. ARGV: group, consumer, most messages, milliseconds. Returns what XREADGROUP does.
local left, found = tonumber(ARGV[3]), {}
for _, key in ipairs(KEYS) do
    if left <= 0 then break end
    -- A stream that nobody has read yet has no group: that is an error, and nothing to take over.
    local reply = redis.pcall('XAUTOCLAIM', key, ARGV[1], ARGV[2], ARGV[4], '0', 'COUNT', left)
    local messages = {}
    for _, message in ipairs(reply[2] or {}) do
        -- Before Redis 7 one that was deleted is named, too, as nothing.
        if message then messages[#messages + 1] = message end
    end
    if #messages > 0 then
        found[#found + 1] = {key, messages}
        left = left - #messages
    end
end
return found
"""

FORGET = """
-- Deletes a consumer; what it had read and not acknowledged rings again for the others.
-- KEYS: streams. ARGV: group, consumer.
for _, key in ipairs(KEYS) do
    local read = redis.pcall('XPENDING', key, ARGV[1], '-', '+', 10000, ARGV[2])
    if not read.err then
        for _, entry in ipairs(read) do
            local found = redis.call('XRANGE', key, entry[1], entry[1])
            -- More fields than any of ours has: nobody would understand it either.
            if found[1] and #found[1][2] < 100 then
                redis.call('XADD', key, '*', unpack(found[1][2]))
            end
            redis.call('XACK', key, ARGV[1], entry[1])
            redis.call('XDEL', key, entry[1])
        end
        -- Whatever it still has would never be delivered again: others take it over first.
        if #read < 10000 then
            redis.call('XGROUP', 'DELCONSUMER', key, ARGV[1], ARGV[2])
        end
    end
end
"""
