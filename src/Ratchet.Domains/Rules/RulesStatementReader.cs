using Ratchet.Domains.Vocabulary;
using Ratchet.Problems;

namespace Ratchet.Domains.Rules;

/// <summary>Reads the domain's own statement form: sentences that end with <c>.</c>, and the question after <c>?</c>.</summary>
internal sealed class RulesStatementReader
{
    private const int MaxLength = 200_000;
    private const string Punctuation = ".:&?";

    private static readonly string[] Reserved = [".", ":", "&", "->", ">", "?", "not"];

    private readonly List<Word> _words;
    private readonly int _end;
    private readonly RuleTheoryDraft _draft = new();
    private int _at;

    private RulesStatementReader(string text)
    {
        _words = Word.Split(text, Punctuation);
        _end = text.Length;
    }

    /// <summary>Reads any form: the domain's own or English.</summary>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static RuleTheory Read(string statement)
    {
        if (statement.Length > MaxLength)
            throw new StatementException($"The statement has {statement.Length} characters; at most {MaxLength} are read.", 0);
        return RulesEnglish.IsEnglish(statement) ? RulesEnglish.ReadTheory(statement) : new RulesStatementReader(statement).Read();
    }

    private RuleTheory Read()
    {
        while (_at < _words.Count && _words[_at].Text != "?")
        {
            var start = _words[_at];
            if (Next(1) == ":")
                ReadRule();
            else if (Next(1) == ">")
                _draft.AddPreference(Name(), Name(skip: ">"), start.Start);
            else
                _draft.AddFact(ReadLiteral(), start.Start);
            Expect(".");
        }

        Expect("?");
        var query = ReadLiteral();
        if (_at < _words.Count)
            throw new StatementException("Nothing can stand after the question.", _words[_at].Start);
        return _draft.Make(query);
    }

    private void ReadRule()
    {
        var position = _words[_at].Start;
        var id = Name();
        Expect(":");
        var body = new List<int> { ReadLiteral() };
        while (Next(0) == "&")
        {
            _at++;
            body.Add(ReadLiteral());
        }

        Expect("->");
        _draft.AddRule(id, body, ReadLiteral(), position);
    }

    private int ReadLiteral()
    {
        var holds = Next(0) != "not";
        if (!holds)
            _at++;
        return _draft.Literal(new RuleAtom(Name(), Name(), Name()), holds);
    }

    private string Name(string? skip = null)
    {
        if (skip is not null)
            Expect(skip);
        if (_at == _words.Count || Reserved.Contains(_words[_at].Text))
            throw new StatementException($"A name is expected{(_at < _words.Count ? $", not '{_words[_at].Text}'" : "")}.", Position());
        return _words[_at++].Text;
    }

    private void Expect(string word)
    {
        if (Next(0) != word)
            throw new StatementException($"'{word}' is expected{(_at < _words.Count ? $", not '{_words[_at].Text}'" : "")}.", Position());
        _at++;
    }

    private string? Next(int ahead) => _at + ahead < _words.Count ? _words[_at + ahead].Text : null;

    private int Position() => _at < _words.Count ? _words[_at].Start : _end;
}
