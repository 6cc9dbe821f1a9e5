package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Platforms of the receivers, in the names of the truth.
const (
	google          = "google"
	googleWorkspace = "google-workspace"
	microsoft       = "microsoft-consumer"
	microsoft365    = "microsoft-365"
	yahoo           = "yahoo"
	own             = "own"
)

// domain is one recipient domain and how its servers treat us.
type domain struct {
	name      string
	platform  string
	hosts     []endpoint
	defers    float64 // probability that an attempt is deferred
	bounces   float64 // probability that an attempt bounces
	dead      bool    // nobody answers
	refusals  *[]reply
	rejects   *[]reply
	accept    template
	index     int
	delivered tally
}

// endpoint is one address of an MX host.
type endpoint struct {
	name, ip string
	relay    string // name[ip]:25
}

// world holds every domain and the chances to be chosen.
type world struct {
	domains []domain
	chances []float64 // cumulated
	senders []string
	clients []string
}

const tailDomains = 6000

// newWorld makes the receivers: seven large domains and 6000 of falling weight.
func newWorld(rng *rand.Rand, deferrals float64) *world {
	w := &world{}
	gmail := addresses(rng, "gmail-smtp-in.l.google.com", "142.251.%d.26", 6)
	for i := 1; i <= 4; i++ {
		gmail = append(gmail, addresses(rng, fmt.Sprintf("alt%d.gmail-smtp-in.l.google.com", i), "142.250.%d.27", 2)...)
	}
	workspace := addresses(rng, "aspmx.l.google.com", "142.251.%d.27", 6)
	for i := 1; i <= 2; i++ {
		workspace = append(workspace, addresses(rng, fmt.Sprintf("alt%d.aspmx.l.google.com", i), "142.250.%d.26", 2)...)
	}
	olc := func(name string) []endpoint {
		return addresses(rng, strings.ReplaceAll(name, ".", "-")+".olc.protection.outlook.com", "52.101.%d.12", 8)
	}
	var yahooHosts, aolHosts []endpoint
	for _, n := range []int{5, 6, 7} {
		yahooHosts = append(yahooHosts, addresses(rng, fmt.Sprintf("mta%d.am0.yahoodns.net", n), "67.195.204.%d", 4)...)
	}
	aolHosts = addresses(rng, "mx-aol.mail.gm0.yahoodns.net", "67.195.228.%d", 6)

	weight := 0.0
	add := func(d domain, share float64) {
		d.index = len(w.domains)
		d.defers = min(d.defers*deferrals, 0.95)
		weight += share
		w.domains, w.chances = append(w.domains, d), append(w.chances, weight)
	}
	add(domain{name: "gmail.com", platform: google, hosts: gmail, defers: 0.05, bounces: 0.01, refusals: &googleRefusals, rejects: &googleRejects, accept: googleAccept}, 30)
	for _, m := range []struct {
		name  string
		share float64
	}{{"hotmail.com", 8}, {"outlook.com", 6}, {"live.com", 2}} {
		add(domain{name: m.name, platform: microsoft, hosts: olc(m.name), defers: 0.09, bounces: 0.02, refusals: &microsoftRefusals, rejects: &microsoftRejects, accept: microsoftAccept}, m.share)
	}
	for _, y := range []struct {
		name  string
		hosts []endpoint
		share float64
	}{{"yahoo.com", yahooHosts, 5}, {"aol.com", aolHosts, 2}, {"ymail.com", yahooHosts, 1}} {
		add(domain{name: y.name, platform: yahoo, hosts: y.hosts, defers: 0.12, bounces: 0.02, refusals: &yahooRefusals, rejects: &yahooRejects, accept: yahooAccept}, y.share)
	}

	// The weights of the tail fall like 1/(rank+20) and add up to 46.
	sum := 0.0
	for rank := range tailDomains {
		sum += 1 / float64(rank+20)
	}
	for rank := range tailDomains {
		d := domain{name: tailName(rng, rank), defers: 0.04 + 0.02*rng.Float64(), bounces: 0.02 + 0.02*rng.Float64()}
		switch kind := rng.Float64(); {
		case kind < 0.35:
			d.platform, d.refusals, d.rejects, d.accept = microsoft365, &tenantRefusals, &tenantRejects, microsoftAccept
			d.hosts = addresses(rng, strings.ReplaceAll(d.name, ".", "-")+".mail.protection.outlook.com", "52.101.%d.3", 4)
		case kind < 0.55:
			d.platform, d.hosts, d.refusals, d.rejects, d.accept = googleWorkspace, workspace, &googleRefusals, &googleRejects, googleAccept
		default:
			// RFC 2544 sets 198.18.0.0/15 aside for benchmarks.
			d.platform, d.refusals, d.rejects, d.accept = own, &ownRefusals, &ownRejects, ownAccept
			d.hosts = append(addresses(rng, "mx1."+d.name, fmt.Sprintf("198.18.%d.%%d", rng.IntN(256)), 1), addresses(rng, "mx2."+d.name, fmt.Sprintf("198.19.%d.%%d", rng.IntN(256)), 1)...)
			if rng.Float64() < 0.01 {
				d.dead, d.refusals = true, &deadRefusals
			}
		}
		add(d, 46/sum/float64(rank+20))
	}
	for i := range 40 {
		w.senders = append(w.senders, fmt.Sprintf("%s@%s", []string{"news", "orders", "bounce", "noreply"}[i%4], fmt.Sprintf("shop%d.example.com", i/4)))
	}
	for i := range 30 {
		w.clients = append(w.clients, fmt.Sprintf("app%d.example.com[192.0.2.%d]", i+1, i+10))
	}
	return w
}

// choose picks a domain by weight.
func (w *world) choose(rng *rand.Rand) *domain {
	x := rng.Float64() * w.chances[len(w.chances)-1]
	low, high := 0, len(w.chances)-1
	for low < high {
		if mid := (low + high) / 2; w.chances[mid] <= x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return &w.domains[low]
}

// pick takes one way to fail by weight.
func pick(rng *rand.Rand, replies []reply) *reply {
	sum := 0
	for i := range replies {
		sum += replies[i].weight
	}
	x := rng.IntN(sum)
	for i := range replies {
		if x -= replies[i].weight; x < 0 {
			return &replies[i]
		}
	}
	return &replies[0]
}

// addresses are n different ones of a host, most often used first.
func addresses(rng *rand.Rand, name, pattern string, n int) []endpoint {
	list := make([]endpoint, n)
	first := rng.IntN(200)
	for i := range list {
		ip := fmt.Sprintf(pattern, first+1+i)
		list[i] = endpoint{name: name, ip: ip, relay: name + "[" + ip + "]:25"}
	}
	return list
}

// tailName is a domain name nobody has: RFC 2606 keeps .example free.
func tailName(rng *rand.Rand, rank int) string {
	syllables := []string{"bar", "kel", "mo", "ra", "vin", "tor", "sel", "du", "lan", "ber", "gro", "pi", "no", "ska", "wen", "ly"}
	name := ""
	for range 2 + rng.IntN(3) {
		name += syllables[rng.IntN(len(syllables))]
	}
	return fmt.Sprintf("%s%d.example", name, rank)
}
