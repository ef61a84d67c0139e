/**
 * The part of the program of awk that is the same for every policy: how it goes over the tables that `readerProgram` puts before it. The words in capitals
 * are filled in there.
 */
export const readerText = String.raw`
BEGIN {
  fillTables()
  mode = ENVIRON["mode"]
  if (mode == "request") { readRequest(ENVIRON["request"]); exit }
  kind = ENVIRON["kind"]
  section = kind " body"
}

mode == "token" { readToken($0); next }
mode == "increments" { snapshot[NR] = $0; next }

# The last two lines are the end of the body, and what stands behind everything.
NR > 2 { readRecord(older) }
{ older = newer; newer = $0; size += length($0) + 1 }
size > LONGEST_BODY { refuse("a body that is too long") }

END {
  if (isRefused) exit
  if (mode == "token") checkToken()
  if (mode == "increments") checkIncrements()
  if (mode == "body") checkBody()
  print verdict
  # What zfs has to be asked about comes first, up to an empty line.
  if (kind == "estimate" || kind == "send-lane" && mode == "request") {
    for (i = 1; i <= checks; i++) print check[i]
    print ""
  }
  if (mode == "body" && kind == "how-far") print expected
  for (i = 1; i <= lines; i++) print line[i]
  if (mode == "body" && kind in last) printf "%s", last[kind]
}

function checkBody() {
  if (NR < 2 || older != BODY_END || newer != "x") refuse("a body without its end")
  if (!records && kind == "about") { verdict = "none"; return }
  if (!records && !(kind in isCut)) refuse(kind " about nothing")
  verdict = isCutDown ? "ok all" : "ok"
}

# The first reason counts.
function refuse(reason) {
  if (isRefused) exit
  isRefused = 1
  gsub(/[^ -~]/, "?", reason)
  gsub(/\\/, "/", reason)
  print "refused " substr(reason, 1, 400)
  exit
}

function tell(text) { line[++lines] = text }

function readRequest(text,  count, words, i, legs, hasLegs) {
  if (text ~ "[^A-Za-z0-9_./:@,%=+ -]") refuse("a character that no request has")
  count = split(text, words, / /)
  if (count < 1 || words[1] != PROTOCOL) refuse("the protocol here is " PROTOCOL)
  kind = count < 2 ? "" : words[2]
  if (kind in refusal) refuse(refusal[kind])
  if (!(kind in fields)) refuse("unknown request \"" substr(kind, 1, 60) "\"")
  hasLegs = (kind " leg") in fields
  section = kind
  begin()
  for (i = 3; i <= count; i++) {
    if (words[i] != "+") { readWord(words[i]); continue }
    if (!hasLegs) refuse(kind " with legs")
    if (legs++) finishLeg()
    else finishRequest()
    section = kind " leg"
    begin()
  }
  if (legs) finishLeg()
  else finishRequest()
  if (hasLegs && !legs) refuse(kind " without legs")
  verdict = "ok " kind variant
}

# Fields of a section.
function begin(  count, i, parts, each) {
  split("", given)
  split("", value)
  split("", shapeOf)
  fieldCount = split(fields[section], each, / /)
  for (i = 1; i <= fieldCount; i++) {
    split(each[i], parts, /:/)
    field[i] = parts[1]
    timesOf[parts[1]] = parts[2]
    shapeOf[parts[1]] = parts[3]
    keyPart[parts[1]] = parts[4]
    isPlace[parts[1]] = parts[5] == "place"
    given[parts[1]] = 0
  }
}

function readWord(word,  at, name, text) {
  at = index(word, "=")
  name = substr(word, 1, at - 1)
  if (at < 2 || !(name in shapeOf)) refuse("unknown word \"" substr(word, 1, 60) "\"")
  text = decode(substr(word, at + 1))
  if (!isFitting(text, shapeOf[name])) refuse(name ": \"" substr(text, 1, 300) "\" cannot be")
  value[name, ++given[name]] = text
}

function decode(text,  result, at, hex) {
  if (text ~ "[^A-Za-z0-9_./:@,%-]") refuse("unknown word \"" substr(text, 1, 60) "\"")
  while (at = index(text, "%")) {
    hex = substr(text, at + 1, 2)
    if (!(hex in character)) refuse("\"" substr(text, 1, 60) "\" is not encoded as it should be")
    result = result substr(text, 1, at - 1) character[hex]
    text = substr(text, at + 3)
  }
  return result text
}

function isFitting(text, shape) {
  if (shape in longest && length(text) > longest[shape]) return 0
  if (shape in largest && length(text) == length(largest[shape]) && (text "") > (largest[shape] "")) return 0
  if (shape in lacks && text ~ lacks[shape]) return 0
  return text ~ fits[shape]
}

# What is said too seldom or too often; then what is not below the roots: gives 0 for something to be left out.
function checkSection(  i, n, name, times) {
  for (i = 1; i <= fieldCount; i++) {
    name = field[i]
    times = timesOf[name]
    if (times == "once" && given[name] != 1) refuse(name ": given not exactly once")
    if (times == "at-most-once" && given[name] > 1) refuse(name ": given more than once")
    if (times == "at-least-once" && given[name] < 1) refuse(name ": left out")
  }
  for (i = 1; i <= fieldCount; i++)
    for (n = 1; isPlace[field[i]] && n <= given[field[i]]; n++)
      if (!checkPlace(value[field[i], n])) return 0
  return 1
}

function checkPlace(text,  i, all) {
  sub(/[@#].*/, "", text)
  for (i = 0; i in root; i++) {
    if ((text "") == (root[i] "") || index(text, root[i] "/") == 1) return 1
    all = all (i ? ", " : "") root[i]
  }
  if (kind in isCut) return 0
  refuse(text " is not below " all " (--under)")
  return 0
}

# A snapshot's name, full or not.
function checkSnapshot(name,  tag) {
  tag = name
  sub(/^[^@]*@/, "", tag)
  if (!isVersion(tag)) refuse(name " is no version of the streamlines of this gate (--streamline)")
}

function keyOf(without,  i, n, m, key, name, some, words_, count) {
  for (i = 1; i <= fieldCount; i++) {
    name = field[i]
    if (index(without, " " name " ")) continue
    if (keyPart[name] == "presence") key = key " " (given[name] ? name : "-")
    if (keyPart[name] == "word") key = key " " value[name, 1]
    if (keyPart[name] == "words") {
      some = ""
      count = split(words[shapeOf[name]], words_, / /)
      for (n = 1; n <= count; n++)
        for (m = 1; m <= given[name]; m++)
          if ((value[name, m] "") == (words_[n] "")) { some = some (some == "" ? "" : ",") words_[n]; break }
      key = key " " (some == "" ? "-" : some)
    }
  }
  return key
}

function joined(name,  n, text) {
  # Both parts of the name of a snapshot.
  text = value["name", 1]
  if (name == "name<") { sub(/@.*/, "", text); return text }
  if (name == "name>") { sub(/^[^@]*@/, "", text); return text }
  text = ""
  for (n = 1; n <= given[name]; n++) text = text (n > 1 ? "," : "") value[name, n]
  return text
}

# Tells a template, line by line.
function fill(key,  count, texts, i) {
  if (!(key in template)) refuse("what cannot be: " key)
  count = split(template[key], texts, /\n/) - 1
  for (i = 1; i <= count; i++) fillLine(texts[i])
}

function fillLine(text,  count, pieces, i, n) {
  count = split(text, pieces, HOLE)
  if (count == 3 && pieces[1] == "" && pieces[3] == "") {
    for (n = 1; n <= given[pieces[2]]; n++) tell(value[pieces[2], n])
    return
  }
  text = pieces[1]
  for (i = 2; i < count; i += 2) text = text joined(pieces[i]) pieces[i + 1]
  tell(text)
}

function finishRequest(  i) {
  checkSection()
  variant = keyOf("")
  if (given["compress"]) refuse("streams are not compressed at a gate")
  for (i = 1; kind ~ /^(hold|release)$/ && i <= given["pools"]; i++)
    if (!(value["pools", i] in isPool)) refuse("pool " value["pools", i] " is not that of this gate (--under)")
  if (kind == "receive-lane" || kind == "send-lane") variant = ""
  if (kind == "receive-lane") tell(given["hasNoise"] ? "yes" : "")
  if (kind == "send-lane") { tell(given["hasNoise"] ? "yes" : ""); tellsProgress = given["tellsProgress"] }
  if ("properties" in given) tell(joined("properties"))
  if ("tag" in given) tell(value["tag", 1])
  if (kind == "abort") { tell(value["dataset", 1]); tell(value["token", 1]) }
}

function finishLeg() {
  checkSection()
  if (kind == "receive-lane") finishReceivedLeg()
  else finishSentLeg()
}

function finishReceivedLeg(  count, words_, i, n, name, setting, isGiven) {
  if (value["parts", 1] + 0 < 1 || value["parts", 1] + 0 > MOST_PARTS) refuse("a stream of " value["parts", 1] " versions")
  if (given["origin"] && value["parts", 1] + 0 > 1) refuse("a clone of several versions")
  if (given["makesFilesystem"] && value["type", 1] == "volume") refuse("a volume that is a filesystem")
  for (n = 1; n <= given["set"]; n++) {
    setting = value["set", n]
    if (setting !~ SETTABLE || setting ~ OURS) refuse(setting " is not set by a gate")
    sub(/=.*/, "", setting)
    isGiven[setting]
  }
  if (given["snapshot"]) checkSnapshot(value["snapshot", 1])
  tell(value["type", 1])
  tell(value["parts", 1] + 0)
  tell(given["isResumed"] ? "yes" : "")
  tell(given["makesFilesystem"] ? "yes" : "")
  tell(given["origin"] ? "yes" : "")
  tell(given["snapshot"] ? "yes" : "")
  name = "receive-lane leg" keyOf(" snapshot isResumed origin ")
  if (!(name in template)) refuse("what cannot be: " name)
  # Options of properties stand in pairs: each property is named once, and what was chosen comes before what is usual.
  count = split(template[name], words_, /\n/) - 1
  for (i = 1; i < count; i++) {
    if (words_[i] != "-o" && words_[i] != "-x") { tell(words_[i]); continue }
    name = words_[i + 1]
    if (name == HOLE "origin" HOLE || name == "origin=" HOLE "origin" HOLE) {
      if (given["origin"]) { tell("-o"); fillLine(name) }
    } else if (name == HOLE "set" HOLE) {
      for (n = 1; n <= given["set"]; n++) { tell("-o"); tell(value["set", n]) }
    } else if (name == HOLE "exclude" HOLE) {
      for (n = 1; n <= given["exclude"]; n++) tellOnce("-x", value["exclude", n], value["exclude", n], isGiven)
    } else {
      setting = name
      sub(/=.*/, "", setting)
      tellOnce(words_[i], name, setting, isGiven)
    }
    i++
  }
  tell(value["destination", 1] (given["snapshot"] ? "@" value["snapshot", 1] : ""))
  tell("")
}

function tellOnce(option, text, property, isGiven) {
  if (property in isGiven) return
  isGiven[property]
  tell(option)
  tell(text)
}

function finishSentLeg() {
  if (given["to"]) checkSnapshot(value["to", 1])
  tellSent(tellsProgress ? "telling" : "plain")
  tell("")
}

# What would be sent, in words of zfs; and what only zfs can tell of it.
function tellSent(how,  count, texts, i) {
  count = split(sendWords[how], texts, /\n/) - 1
  for (i = 1; i <= count; i++) tell(texts[i])
  fill("stream" keyOf(""))
  if (given["token"]) check[++checks] = "token " value["token", 1]
  if (HAS_STREAMLINES && value["stream", 1] == "increments") { check[++checks] = "increments " value["from", 1]; check[++checks] = value["to", 1] }
}

# What zfs prints about a resume token: the first line that has its GUID, and the first that has its name.
function readToken(text,  found) {
  found = text
  if (guid == "" && sub(/^(.*[\t ])?toguid = 0x/, "", found) && found ~ /^[0-9a-f]+$/ && length(found) <= 16) guid = found
  found = text
  if (toName == "" && match(found, /(^|[\t ])toname = ./)) toName = substr(found, RSTART + RLENGTH - 1)
}

function checkToken() {
  if (guid == "" || toName == "" || !isFitting(toName, "SNAPSHOT")) refuse("a resume token that zfs cannot read")
  checkPlace(toName)
  checkSnapshot(toName)
  verdict = "ok"
  tell(toName)
  tell(toDecimal(guid))
}

function checkIncrements(  i, from, to) {
  for (i = 1; i <= NR; i++) {
    if (!from && (snapshot[i] "") == (ENVIRON["begin"] "")) from = i
    if (!to && (snapshot[i] "") == (ENVIRON["end"] "")) to = i
  }
  if (!from || to < from) refuse("no increments from " ENVIRON["begin"] " to " ENVIRON["end"])
  for (i = from + 1; i <= to; i++) checkSnapshot(snapshot[i])
  verdict = "ok"
}

# Numbers of 64 bits are more than awk can count with.
function toDecimal(hex,  i, n, carry, number, result) {
  number = "0"
  for (i = 1; i <= length(hex); i++) {
    carry = index("0123456789abcdef", substr(hex, i, 1)) - 1
    result = ""
    for (n = length(number); n > 0; n--) {
      carry += substr(number, n, 1) * 16
      result = (carry % 10) result
      carry = int(carry / 10)
    }
    number = (carry ? carry : "") result
  }
  sub(/^0+/, "", number)
  return number == "" ? "0" : number
}

function readRecord(text,  count, words_, i) {
  begin()
  count = split(text, words_, / /)
  if (text == "") { count = 1; words_[1] = "" }
  for (i = 1; i <= count; i++) readWord(words_[i])
  if (!checkSection()) { isCutDown = 1; return }
  if (!(kind in isCut) && kind != "estimate") {
    if (given["name"]) checkSnapshot(value["name", 1])
    for (i = 1; i <= given["names"]; i++)
      checkSnapshot("dataset" in given ? value["dataset", 1] "@" value["names", i] : value["names", i])
  }
  records++
  if (kind == "how-far" && value["as", 1] == "expected") {
    expected = expected (expected == "" ? "" : " ") "\"" value["name", 1] "\""
    return
  }
  if (kind == "estimate") tellSent("estimating")
  else fill(section keyOf(""))
  if (isCall[kind]) tell("")
}
`;
