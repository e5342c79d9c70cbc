#!lua name=badbuzz

-- Bad Buzz's rolling counters as server functions. docs/counters.md is the contract for the keys, the readers' functions and their
-- replies. Each function takes one key, badbuzz:{<topic>}. All keys that it uses begin with this key and share its slot.
--
-- A writer's first argument is a JSON header. Numbers are passed as strings of digits: numbers of Lua and of cjson are doubles.

local VERSION = 8 -- the version of this file's code. Raise it with every change: workers replace a library older than their own
local OLDEST_CALLER = 2 -- the oldest version whose workers these functions support
local CONTRACT = '1' -- the version of the keys. Raise it when readers of the previous version would misread them

local ALL_BRANDS = 'all'
local EXPIRY_SLACK_S = 60
local CLOCK_STEP_MS = 30000 -- a clock that is set back further may have expired buckets too early
local MILLION = 1000000
local COUNTS = {'tweets', 'negative', 'sum_p', 'sum_p2', 'unread'} -- workers of version 2 do not send the last one
local TOTALS = {'rows', 'negative', 'rejected', 'late', 'early', 'unread'} -- nor this one

local function fail(code, message)
  error({refusal = code .. ' ' .. message})
end

-- Return refusals as error replies. Otherwise the server would add its own text and a line number to what clients parse.
local function refusing(callback)
  return function(keys, argv)
    local done, result = pcall(callback, keys, argv)
    if done then
      return result
    elseif type(result) == 'table' and result.refusal then
      return redis.error_reply(result.refusal)
    end
    error(result, 0)
  end
end

local function digits(number)
  return string.format('%.0f', number)
end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Rights. The server checks each command of a function against the rights of its caller when the command runs, and there is no rollback:
-- without a right, a function would stop after half of its writes. So all rights are checked before anything is read or written.
-- A command, the ends of the keys on which it runs, and the other arguments that make it complete.

local WRITER_RIGHTS = {
  {'TIME'},
  {'HGET', {':owner', ':applied', ':seen', ':group'}, 'field'},
  {'HMGET', {':meta', ':clock', ':count:'}, 'field'},
  {'HSET', {':meta', ':clock', ':owner', ':applied', ':seen', ':group'}, 'field', 'value'},
  {'HDEL', {':applied', ':seen'}, 'field'},
  {'HINCRBY', {':count:', ':totals:'}, 'field', '1'},
  {'EXISTS', {':count:'}},
  {'DEL', {':count:', ':pending:', ':totals:', ':applied', ':seen', ':owner', ':brands', ':buckets'}},
  {'EXPIREAT', {':count:'}, '1'},
  {'ZADD', {':brands', ':buckets'}, 'GT', '1', 'member'},
  {'ZRANGE', {':brands', ':buckets'}, '0', '1'},
  {'ZREMRANGEBYSCORE', {':brands', ':buckets'}, '-inf', '1'},
  {'LINDEX', {':pending:'}, '0'},
  {'LRANGE', {':pending:'}, '0', '-1'},
  {'LPOP', {':pending:'}},
  {'RPUSH', {':pending:'}, 'value'},
}

local READER_RIGHTS = {
  {'TIME'},
  {'HMGET', {':meta', ':clock', ':count:'}, 'field'},
  {'HVALS', {':seen'}},
  {'ZRANGE', {':brands', ':buckets'}, '0', '1'},
}

local function check_rights(prefix, rights)
  for _, right in ipairs(rights) do
    local command, keys = right[1], right[2]
    if not keys and not redis.acl_check_cmd(command) then
      fail('BADBUZZ_RIGHT', '+' .. string.lower(command))
    end
    for _, ending in ipairs(keys or {}) do
      if not redis.acl_check_cmd(command, prefix .. ending, unpack(right, 3)) then
        fail('BADBUZZ_RIGHT', '+' .. string.lower(command) .. ' on ' .. prefix .. ending)
      end
    end
  end
end

-- Checks. All arguments of a call are checked before anything is written, because there is no rollback.

local function natural(value, name)
  local canonical = type(value) == 'string' and (value == '0' or string.find(value, '^[1-9]%d*$'))
  if not canonical or #value > 15 then
    fail('BADBUZZ_ARGUMENT', name .. ' must be a string of at most 15 digits; got ' .. tostring(value))
  end
  return value
end

local function naturals(values, first, names)
  for i, name in ipairs(names) do
    natural(values[first + i - 1], name)
  end
end

-- An owner token identifies a takeover, not a worker: after a second takeover, a worker may find restored counts of its first.
local function token(value)
  if type(value) ~= 'string' or value == '' then
    fail('BADBUZZ_ARGUMENT', 'the token of a takeover was expected; got ' .. tostring(value))
  end
  return value
end

local function decode(text)
  local read, value = pcall(cjson.decode, text)
  if not read or type(value) ~= 'table' then
    fail('BADBUZZ_ARGUMENT', 'a JSON object was expected; got ' .. string.sub(tostring(text), 1, 80))
  end
  return value
end

-- Complete an update of a worker of version 2, which knows no unread tweets.
local function add_unread(update)
  update.totals[#TOTALS] = update.totals[#TOTALS] or '0'
  for _, entry in ipairs(update.counts) do
    entry[#COUNTS + 2] = entry[#COUNTS + 2] or '0'
  end
  return update
end

local function read_update(text, calendar)
  local update = decode(text)
  naturals({update.partition, update.start or '0', update['end'], update.settled, update.appended_ms or '0'}, 1,
    {'partition', 'start', 'end', 'settled', 'appended_ms'})
  token(update.owner)
  add_unread(update)
  naturals(update.totals, 1, TOTALS)
  for _, entry in ipairs(update.counts) do
    naturals(entry, 3, COUNTS)
    if type(entry[1]) ~= 'string' or tonumber(natural(entry[2], 'bucket')) % calendar.seconds ~= 0 then
      fail('BADBUZZ_ARGUMENT', 'no bucket of ' .. calendar.seconds .. ' s: ' .. tostring(entry[1]) .. ' ' .. entry[2])
    end
  end
  return update
end

-- The calendar: the fixed parameters of a topic's counters.

local function calendar_of(prefix)
  local meta = redis.call('HMGET', prefix .. ':meta', 'bucket_seconds', 'retention_seconds', 'partitions')
  if not meta[1] then
    fail('BADBUZZ_EMPTY', 'nothing is counted under ' .. prefix .. ': no worker has opened this topic here')
  end
  local latest = redis.call('HMGET', prefix .. ':clock', 'latest_ms')
  return {seconds = tonumber(meta[1]), retention = tonumber(meta[2]), partitions = tonumber(meta[3]),
    latest_ms = latest[1] and tonumber(latest[1])}
end

local function expiry(calendar, bucket)
  return tonumber(bucket) + calendar.seconds + calendar.retention + EXPIRY_SLACK_S
end

local function bucket_key(prefix, calendar, brand, bucket)
  return prefix .. ':count:' .. brand .. ':' .. digits(calendar.seconds) .. ':' .. bucket
end

local function check_versions(caller)
  if caller > VERSION then
    fail('BADBUZZ_LIBRARY_OLD', 'version ' .. VERSION .. ' is loaded, the caller brings ' .. caller)
  elseif caller < OLDEST_CALLER then
    fail('BADBUZZ_CALLER_OLD', 'version ' .. VERSION .. ' is loaded and serves workers from ' .. OLDEST_CALLER .. ' on')
  end
end

-- The server's clock. Buckets expire by it. If it jumps ahead and comes back, buckets are gone that readers still need. So the latest
-- time is stored, and a clock that comes back makes the counters forget everything: workers then count from Parquet again, as after the
-- server lost its memory. The set ":buckets" has the start of each bucket that may exist; with the brands, it names every bucket's key.

local function delete_buckets(prefix, calendar, buckets)
  if #buckets == 0 then
    return
  end
  local brands = redis.call('ZRANGE', prefix .. ':brands', '0', '-1')
  brands[#brands + 1] = ALL_BRANDS
  for _, bucket in ipairs(buckets) do
    for _, brand in ipairs(brands) do
      redis.call('DEL', bucket_key(prefix, calendar, brand, bucket))
    end
  end
end

-- A bucket is deleted before its name is forgotten: after a jump of the clock, an expired key may exist again.
local function forget_expired(prefix, calendar, now_s)
  local latest = digits(now_s - expiry(calendar, 0))
  delete_buckets(prefix, calendar, redis.call('ZRANGE', prefix .. ':buckets', '-inf', latest, 'BYSCORE'))
  redis.call('ZREMRANGEBYSCORE', prefix .. ':buckets', '-inf', latest)
  redis.call('ZREMRANGEBYSCORE', prefix .. ':brands', '-inf', latest)
end

local function forget_everything(prefix, calendar)
  delete_buckets(prefix, calendar, redis.call('ZRANGE', prefix .. ':buckets', '0', '-1'))
  for partition = 0, calendar.partitions - 1 do
    redis.call('DEL', prefix .. ':pending:' .. digits(partition))
    redis.call('DEL', prefix .. ':totals:' .. digits(partition))
  end
  for _, ending in ipairs({':applied', ':seen', ':owner', ':brands', ':buckets'}) do
    redis.call('DEL', prefix .. ending)
  end
end

-- Versions before 6 did not store the names of buckets.
local function find_buckets(prefix, calendar, now_s)
  local first = math.floor((now_s - expiry(calendar, 0)) / calendar.seconds) * calendar.seconds
  for bucket = first, now_s + calendar.seconds + calendar.retention, calendar.seconds do
    if redis.call('EXISTS', bucket_key(prefix, calendar, ALL_BRANDS, digits(bucket))) == 1 then
      redis.call('ZADD', prefix .. ':buckets', 'GT', digits(bucket), digits(bucket))
    end
  end
end

local function notice_time(prefix, calendar)
  local now = now_ms()
  if not calendar.latest_ms then
    find_buckets(prefix, calendar, math.floor(now / 1000))
  elseif now + CLOCK_STEP_MS < calendar.latest_ms then
    forget_everything(prefix, calendar)
  end
  redis.call('HSET', prefix .. ':clock', 'latest_ms', digits(now))
end

local function enter(prefix, text)
  local header = decode(text)
  naturals({header.version, header.bucket_seconds, header.retention_seconds, header.partitions}, 1,
    {'version', 'bucket_seconds', 'retention_seconds', 'partitions'})
  check_versions(tonumber(header.version))
  check_rights(prefix, WRITER_RIGHTS)
  local key = prefix .. ':meta'
  local meta = redis.call('HMGET', key, 'version', 'topic_id', 'bucket_seconds', 'retention_seconds', 'partitions')
  if not meta[1] then
    redis.call('HSET', key, 'version', CONTRACT, 'topic_id', header.topic_id, 'bucket_seconds', header.bucket_seconds,
      'retention_seconds', header.retention_seconds, 'partitions', header.partitions)
  elseif meta[1] ~= CONTRACT then
    fail('BADBUZZ_CONTRACT', meta[1])
  elseif meta[2] ~= header.topic_id then
    fail('BADBUZZ_TOPIC', meta[2])
  elseif meta[3] ~= header.bucket_seconds or meta[4] ~= header.retention_seconds then
    fail('BADBUZZ_BUCKETS', meta[3] .. ' ' .. meta[4])
  elseif tonumber(meta[5]) < tonumber(header.partitions) then
    redis.call('HSET', key, 'partitions', header.partitions)
  end
  local calendar = calendar_of(prefix)
  notice_time(prefix, calendar)
  return calendar
end

-- Counting, and undoing counts.

local function forget_settled(prefix, partition, settled)
  local key = prefix .. ':pending:' .. partition
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and tonumber(cjson.decode(oldest)['end']) <= tonumber(settled) do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
end

local function count(prefix, calendar, update, now_s)
  for _, entry in ipairs(update.counts) do
    local brand, bucket = entry[1], entry[2]
    if expiry(calendar, bucket) > now_s then
      local key = bucket_key(prefix, calendar, brand, bucket)
      for i, name in ipairs(COUNTS) do
        redis.call('HINCRBY', key, name, entry[i + 2])
      end
      redis.call('EXPIREAT', key, digits(expiry(calendar, bucket)))
      if brand == ALL_BRANDS then
        redis.call('ZADD', prefix .. ':buckets', 'GT', bucket, bucket)
      else
        redis.call('ZADD', prefix .. ':brands', 'GT', bucket, brand)
      end
    end
  end
  for i, name in ipairs(TOTALS) do
    redis.call('HINCRBY', prefix .. ':totals:' .. update.partition, name, update.totals[i])
  end
end

local function advance(prefix, calendar, update, now)
  local partition = update.partition
  local seen = redis.call('HGET', prefix .. ':seen', partition)
  count(prefix, calendar, update, math.floor(now / 1000))
  redis.call('HSET', prefix .. ':applied', partition, update['end'])
  if tonumber(update['end']) > tonumber(update.settled) then
    update.seen = seen or nil
    redis.call('RPUSH', prefix .. ':pending:' .. partition, cjson.encode(update))
  end
  if update.appended_ms then
    local fresh = math.min(tonumber(update.appended_ms), now)
    redis.call('HSET', prefix .. ':seen', partition, digits(math.max(fresh, tonumber(seen or '0'))))
  end
end

local function sum_pending(prefix, calendar, updates)
  local buckets, totals = {}, {0, 0, 0, 0, 0, 0}
  for _, update in ipairs(updates) do
    for _, entry in ipairs(update.counts) do
      local key = bucket_key(prefix, calendar, entry[1], entry[2])
      local sums = buckets[key] or {0, 0, 0, 0, 0}
      for i = 1, #COUNTS do
        sums[i] = sums[i] + tonumber(entry[i + 2])
      end
      buckets[key] = sums
    end
    for i = 1, #TOTALS do
      totals[i] = totals[i] + tonumber(update.totals[i])
    end
  end
  return buckets, totals
end

local function subtract(key, names, amounts)
  for i, name in ipairs(names) do
    redis.call('HINCRBY', key, name, digits(0 - amounts[i])) -- -0 would become "-0", which HINCRBY refuses
  end
end

local function is_empty(bucket)
  local left = redis.call('HMGET', bucket, 'tweets', 'unread')
  return tonumber(left[1]) == 0 and tonumber(left[2] or '0') == 0
end

local function put_back(key, field, value)
  if value then
    redis.call('HSET', key, field, value)
  else
    redis.call('HDEL', key, field)
  end
end

local function undo_pending(prefix, calendar, partition)
  local key = prefix .. ':pending:' .. partition
  local updates = {}
  for i, text in ipairs(redis.call('LRANGE', key, 0, -1)) do
    updates[i] = add_unread(cjson.decode(text))
  end
  if #updates == 0 then
    return
  end
  local buckets, totals = sum_pending(prefix, calendar, updates)
  for bucket, sums in pairs(buckets) do
    -- Do not recreate an expired bucket with negative counts. Delete a bucket without tweets.
    if redis.call('EXISTS', bucket) == 1 then
      subtract(bucket, COUNTS, sums)
      if is_empty(bucket) then
        redis.call('DEL', bucket)
      end
    end
  end
  subtract(prefix .. ':totals:' .. partition, TOTALS, totals)
  put_back(prefix .. ':applied', partition, updates[1].start)
  put_back(prefix .. ':seen', partition, updates[1].seen)
  redis.call('DEL', key)
end

-- Functions for writers.

local function open(keys, argv)
  enter(keys[1], argv[1])
  return redis.status_reply('OK')
end

local function take_over(keys, argv)
  local prefix = keys[1]
  local partition = natural(argv[2], 'partition')
  local calendar = enter(prefix, argv[1])
  redis.call('HSET', prefix .. ':owner', partition, token(argv[3]))
  undo_pending(prefix, calendar, partition)
  return redis.call('HGET', prefix .. ':applied', partition)
end

local function apply(keys, argv)
  local prefix = keys[1]
  local calendar = enter(prefix, argv[1])
  local updates = {}
  for i = 2, #argv do
    updates[i - 1] = read_update(argv[i], calendar)
  end
  local now = now_ms()
  local reply = {}
  for _, update in ipairs(updates) do
    local owner = redis.call('HGET', prefix .. ':owner', update.partition)
    local current = redis.call('HGET', prefix .. ':applied', update.partition)
    local outcome = 'refused'
    if owner ~= update.owner then
      outcome = 'taken'
    elseif current == (update.start or false) then
      outcome = 'applied'
      forget_settled(prefix, update.partition, update.settled)
      advance(prefix, calendar, update, now)
    elseif current == update['end'] then
      outcome = 'applied' -- by an earlier call whose reply was lost: only its owner moves a partition
    end
    reply[#reply + 1] = {outcome, current}
  end
  forget_expired(prefix, calendar, math.floor(now / 1000))
  return reply
end

local function touch(keys, argv)
  local prefix = keys[1]
  enter(prefix, argv[1])
  local request = decode(argv[2])
  for partition, settled in pairs(request.settled) do
    naturals({partition, settled}, 1, {'partition', 'settled'})
    token(request.owners[partition])
  end
  local now = digits(now_ms())
  local lost = {}
  for partition, settled in pairs(request.settled) do
    local applied = tonumber(redis.call('HGET', prefix .. ':applied', partition) or 0)
    -- If the owner is unchanged and the counters are behind the chain, the server was restored from an older snapshot.
    if redis.call('HGET', prefix .. ':owner', partition) ~= request.owners[partition] or applied < tonumber(settled) then
      lost[#lost + 1] = partition
    else
      forget_settled(prefix, partition, settled)
      if request.caught_up then
        redis.call('HSET', prefix .. ':seen', partition, now)
      end
    end
  end
  return lost
end

-- Functions for readers. New fields are only ever appended to replies.

local function oldest_seen_ms(prefix, calendar, now)
  local seen = redis.call('HVALS', prefix .. ':seen')
  if #seen < calendar.partitions or now + CLOCK_STEP_MS < (calendar.latest_ms or 0) then
    return 0 -- partitions are missing; or the clock was set back, and no worker has noticed it yet
  end
  local oldest = tonumber(seen[1])
  for i = 2, #seen do
    oldest = math.min(oldest, tonumber(seen[i]))
  end
  return oldest
end

local function sum_buckets(prefix, calendar, brand, from, to)
  local sums = {0, 0, 0, 0, 0}
  for bucket = from, to, calendar.seconds do
    local found = redis.call('HMGET', bucket_key(prefix, calendar, brand, digits(bucket)), unpack(COUNTS))
    if found[1] then
      for i = 1, #COUNTS do
        sums[i] = sums[i] + tonumber(found[i] or '0')
      end
    end
  end
  return unpack(sums)
end

local function probabilities(tweets, negative, sum_p, sum_p2)
  if tweets == 0 then
    return false, false, false
  end
  local mean = sum_p / tweets / MILLION
  local variance = math.max(0, sum_p2 / tweets / MILLION - mean * mean)
  return string.format('%.6f', negative / tweets), string.format('%.6f', mean), string.format('%.6f', math.sqrt(variance))
end

-- Return the least age of the newest tweet of the topic, by the tweet's own date. A bucket of the future says nothing about now.
local function last_post_seconds(prefix, calendar, now_s)
  local newest = redis.call('ZRANGE', prefix .. ':buckets', digits(now_s), '-inf', 'BYSCORE', 'REV', 'LIMIT', '0', '1')[1]
  local age_s = newest and math.max(0, now_s - tonumber(newest) - calendar.seconds) or calendar.retention
  return math.min(calendar.retention, age_s)
end

local function rate(keys, argv)
  local prefix = keys[1]
  check_rights(prefix, READER_RIGHTS)
  local calendar = calendar_of(prefix)
  local brand, window = argv[1], tonumber(argv[2])
  if #argv ~= 2 or not string.find(argv[2], '^%d+$') or window < 1 or window > calendar.retention then
    fail('BADBUZZ_ARGUMENT', 'expected a brand and a window of 1 to ' .. calendar.retention .. ' seconds; got '
      .. table.concat(argv, ' '))
  end
  local now = now_ms()
  local to = math.floor(now / 1000)
  local from = math.floor((to - window) / calendar.seconds) * calendar.seconds
  local tweets, negative, sum_p, sum_p2, unread = sum_buckets(prefix, calendar, brand, from, to)
  local share, mean, deviation = probabilities(tweets, negative, sum_p, sum_p2)
  local stale_ms = math.max(0, now - oldest_seen_ms(prefix, calendar, now))
  return {
    'tweets', digits(tweets),
    'negative', digits(negative),
    'rate', share,
    'mean_p_negative', mean,
    'stddev_p_negative', deviation,
    'window_seconds', digits(window),
    'from', digits(from),
    'to', digits(to),
    'stale_seconds', string.format('%.3f', stale_ms / 1000),
    'unread', digits(unread),
    'last_post_seconds', digits(last_post_seconds(prefix, calendar, to)),
  }
end

local function brands(keys)
  check_rights(keys[1], READER_RIGHTS)
  local calendar = calendar_of(keys[1])
  local oldest = math.floor(now_ms() / 1000) - calendar.seconds - calendar.retention
  return redis.call('ZRANGE', keys[1] .. ':brands', '+inf', '(' .. digits(oldest), 'BYSCORE', 'REV')
end

-- What the workers of a group must share: fields that the first worker sets, and fields that any worker replaces. Reply: all fields.
local function agree(keys, argv)
  local prefix = keys[1]
  enter(prefix, argv[1])
  local wanted, replaced, key = decode(argv[2]), decode(argv[3]), prefix .. ':group'
  for name, value in pairs(replaced) do
    redis.call('HSET', key, name, value)
  end
  for name, value in pairs(wanted) do
    if not redis.call('HGET', key, name) then
      redis.call('HSET', key, name, value)
    end
    wanted[name] = redis.call('HGET', key, name)
  end
  for name, value in pairs(replaced) do
    wanted[name] = value
  end
  return cjson.encode(wanted)
end

-- The rights of a worker, checked without reading or writing anything.
local function check_writer(keys)
  check_rights(keys[1], WRITER_RIGHTS)
  return 'OK'
end

redis.register_function('badbuzz_check_rights', refusing(check_writer))
redis.register_function('badbuzz_open', refusing(open))
redis.register_function('badbuzz_agree', refusing(agree))
redis.register_function('badbuzz_take_over', refusing(take_over))
redis.register_function('badbuzz_apply', refusing(apply))
redis.register_function('badbuzz_touch', refusing(touch))
redis.register_function{function_name = 'badbuzz_rate', callback = refusing(rate), flags = {'no-writes'}}
redis.register_function{function_name = 'badbuzz_brands', callback = refusing(brands), flags = {'no-writes'}}
