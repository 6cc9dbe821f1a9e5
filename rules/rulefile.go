package rules

import "path"

// ruleFile is what one YAML file says: one of the parts, by the name of the file.
type ruleFile struct {
	Name       string
	Causes     *Causes
	Advice     *Advice
	Table      *Table
	Guards     *guardFile
	Meanings   *Meanings
	Topics     *topicFile
	Thresholds *thresholdFile
	Providers  *providerFile
	Replies    *replyFile
}

// decodeFile decodes a file and returns every mistake in it that shows without
// the others.
func decodeFile(name string, src []byte) (f *ruleFile, errs []error) {
	f = &ruleFile{Name: name}
	switch path.Base(name) {
	case "causes.yaml":
		f.Causes, errs = decodeCauses(name, src)
	case "advice.yaml":
		f.Advice, errs = decodeAdvice(name, src)
	case "table.yaml":
		f.Table, errs = LoadTable(name, src)
	case "guards.yaml":
		f.Guards, errs = decodeGuards(name, src)
	case "classes.yaml":
		f.Meanings, errs = LoadMeanings(name, src)
	case "topics.yaml":
		f.Topics, errs = decodeTopics(name, src)
	case "thresholds.yaml":
		f.Thresholds = &thresholdFile{At: Pos{File: name, Line: 1, Column: 1}}
		errs = DecodeStrict(name, src, f.Thresholds)
	case "providers.yaml":
		f.Providers = &providerFile{}
		errs = DecodeStrict(name, src, f.Providers)
	default:
		f.Replies = &replyFile{}
		errs = DecodeStrict(name, src, f.Replies)
		f.Replies.spoil(errs)
	}
	return f, errs
}
