/** A configuration file to begin with: all of it in comments. What `#` stands right before is meant to be used. */
export const exampleConfig = `# Configuration of zfs-vm. Remove the # in front of what you need, then run: zfs-vm config check

# A remote: a host with a short name, for every command that takes a host.
#[remotes.backup]
#host = "root@backup.example.com"    # an SSH address or a Host alias from ~/.ssh/config; the only required key
#dest = "tank/vm"                    # the dataset under which a push creates new datasets (-d)
#sudo = true                         # run zfs through sudo on that host (-s)
#transport = "openssh"               # SSH client: "ssh2" or "openssh" (--transport); default: ssh2 where possible
#bwlimit = "20M"                     # limit in bytes per second for transfers to and from that host (--bwlimit)
#relay = false                       # with push --relay, this host never sends to other hosts

#[remotes.offsite]
#host = "ssh://root@offsite.example.com:2222"

# What is kept on one remote. Without such a table, prune uses the rules below, and sync destroys nothing there.
#[remotes.offsite.retention."*"]
#keep-monthly = 24

# A group: one name for several remotes, for commands that take several hosts.
#[groups]
#all = ["backup", "offsite"]

# What prune and sync keep of the streamlines that match. The first table in the file that matches a streamline is used.
#[retention."debian-*"]
#keep-last = 10                      # the newest 10 versions
#keep-within = "30d"                 # versions younger than 30 days
#keep-daily = 14                     # the newest version of each of the last 14 days; also -hourly, -weekly, -monthly, -yearly
#keep = ["debian-7:1"]               # these versions
`;
