using System.Runtime.CompilerServices;
using Ratchet.Domains.Metamath.Reading;

namespace Ratchet.Domains.Metamath.Verification;

/// <summary>Reads a proof, normal or compressed, straight from its bytes and runs it on a <see cref="ProofMachine"/>.</summary>
/// <remarks>
/// Where the book leaves a choice, this follows the metamath program: <c>Z</c> must follow a step that uses an assertion (or another
/// <c>Z</c>), numbers may be broken by white space, a label may be listed twice and need not be used.
/// </remarks>
internal sealed class ProofReader(MetamathDatabase database)
{
    private readonly DatabaseTables _tables = database.Tables;
    private readonly ProofMachine _machine = new(database);
    private readonly List<int> _labels = [];
    private MetamathTheorem _theorem = null!;

    /// <summary>Symbols that the machine has room for.</summary>
    public int Capacity => _machine.Capacity;

    /// <summary>Steps run.</summary>
    public int Steps { get; private set; }

    /// <summary>Statements and local hypotheses that the last proof named, in order, some of them more than once where it is a normal proof.</summary>
    public IReadOnlyList<int> Named => _labels;

    /// <summary>Runs the proof in [start, end) of a text; null where it is right.</summary>
    public ProofFault? Run(MetamathTheorem theorem, SourceFile source, int start, int end)
    {
        _theorem = theorem;
        _labels.Clear();
        Steps = 0;
        _machine.Begin(theorem);
        var scanner = new TokenScanner(source) { Position = start };
        try
        {
            if (!NextToken(scanner, end))
                return new ProofFault(MetamathErrorKind.EmptyProof, end, 0, "The proof is empty; \"?\" says that there is none yet.");
            return IsByte(scanner, (byte)'(') ? RunCompressed(scanner, end) : RunNormal(scanner, end);
        }
        catch (ReadException e)
        {
            return new ProofFault(e.Kind, e.Start, e.Length, e.Message);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ProofFault? RunNormal(TokenScanner scanner, int end)
    {
        int lastStart, lastLength;
        do
        {
            (lastStart, lastLength) = (scanner.Start, scanner.Length);
            if (IsByte(scanner, (byte)'?'))
                return Wrong(scanner, MetamathErrorKind.IncompleteProof, "The proof is not finished: a step is \"?\".");
            if (!Resolve(scanner, out var reference, out var fault))
                return fault;
            _labels.Add(reference);
            if (!Step(reference))
                return Wrong(scanner, _machine.Fault, _machine.Message);
        }
        while (NextToken(scanner, end));
        return _machine.Finish() ? null : new ProofFault(_machine.Fault, lastStart, lastLength, _machine.Message);
    }

    private ProofFault? RunCompressed(TokenScanner scanner, int end)
    {
        var open = scanner.Start;
        while (true)
        {
            if (!NextToken(scanner, end))
                return new ProofFault(MetamathErrorKind.MalformedCompressedProof, open, 1, "The list of labels that \"(\" opens is not closed by \")\".");
            if (IsByte(scanner, (byte)')'))
                break;
            if (!Resolve(scanner, out var reference, out var fault))
                return fault;
            if (_theorem.Mandatory.Contains(reference))
                return Wrong(scanner, MetamathErrorKind.MandatoryHypothesisListed, $"{scanner.Text} is a mandatory hypothesis, which has its number without being listed.");
            _labels.Add(reference);
        }

        return RunLetters(scanner, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ProofFault? RunLetters(TokenScanner scanner, int end)
    {
        var mandatory = _theorem.Mandatory;
        var bytes = scanner.Source.Bytes;
        var high = 0;
        var canSave = false;
        var last = scanner.Start;
        while (NextToken(scanner, end))
        {
            for (last = scanner.Start; last < scanner.Position; last++)
            {
                var letter = bytes[last];
                if (letter is >= (byte)'U' and <= (byte)'Y')
                {
                    // A number beyond all steps stays beyond them, so that it cannot overflow.
                    high = Math.Min((high * 5) + letter - 'T', int.MaxValue / 32);
                }
                else if (letter is >= (byte)'A' and <= (byte)'T')
                {
                    var number = (high * 20) + letter - 'A';
                    high = 0;
                    if (!Step(number, mandatory, out canSave, out var fault))
                        return new ProofFault(_machine.Fault, last, 1, _machine.Message);
                    if (fault is not null)
                        return fault with { Start = last };
                }
                else if (Save(letter, high, canSave) is { } fault)
                {
                    return fault with { Start = last };
                }
            }

            last = scanner.Position - 1;
        }

        if (high != 0)
            return new ProofFault(MetamathErrorKind.MalformedCompressedProof, last, 1, "The proof ends inside a number.");
        if (Steps == 0)
            return new ProofFault(MetamathErrorKind.EmptyProof, end, 0, "The proof has no steps; \"?\" says that there is none yet.");
        return _machine.Finish() ? null : new ProofFault(_machine.Fault, last, 1, _machine.Message);
    }

    /// <summary>Everything in the letters that is no number.</summary>
    private ProofFault? Save(byte letter, int high, bool canSave)
    {
        if (letter == (byte)'?' && high == 0)
            return new ProofFault(MetamathErrorKind.IncompleteProof, 0, 1, "The proof is not finished: a step is \"?\".");
        if (letter != (byte)'Z')
            return new ProofFault(MetamathErrorKind.MalformedCompressedProof, 0, 1, $"\"{(char)letter}\" cannot stand {(high == 0 ? "among the letters of a compressed proof" : "inside a number")}.");
        if (high != 0)
            return new ProofFault(MetamathErrorKind.MalformedCompressedProof, 0, 1, "\"Z\" stands inside a number.");
        if (!canSave)
            return new ProofFault(MetamathErrorKind.MisplacedSave, 0, 1, "\"Z\" must follow a step that uses an axiom or theorem.");
        _machine.Save();
        return null;
    }

    /// <summary>Runs the step with a number, from 0. A fault of reading comes out with the start 0; false is a fault of the machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Step(int number, ReadOnlySpan<int> mandatory, out bool canSave, out ProofFault? fault)
    {
        fault = null;
        canSave = false;
        if (number < mandatory.Length)
            return Step(mandatory[number]);
        number -= mandatory.Length;
        if (number < _labels.Count)
        {
            var reference = _labels[number];
            canSave = reference >= 0 && _tables.Statements[reference].IsAssertion;
            return Step(reference);
        }

        number -= _labels.Count;
        if (number < _machine.Saved)
        {
            Steps++;
            _machine.Recall(number);
            return true;
        }

        fault = new ProofFault(
            MetamathErrorKind.NumberOutOfRange, 0, 1, $"The number {number + mandatory.Length + _labels.Count + 1} is beyond the last step that can be meant, {mandatory.Length + _labels.Count + _machine.Saved}.");
        return true;
    }

    private bool Step(int reference)
    {
        Steps++;
        return reference >= 0 && _tables.Statements[reference].IsAssertion ? _machine.Apply(reference) : _machine.Push(reference);
    }

    /// <summary>Finds what a label in a proof means, and whether it may be used here.</summary>
    private bool Resolve(TokenScanner scanner, out int reference, out ProofFault? fault)
    {
        fault = null;
        reference = _tables.Labels.Find(scanner.Key, scanner.Source.Bytes, scanner.Start, scanner.Length);
        if (reference < 0)
        {
            for (var i = 0; i < _theorem.Locals.Length; i++)
            {
                if (scanner.Text == _theorem.Locals[i].Label)
                {
                    reference = ~i;
                    return true;
                }
            }

            var known = scanner.Text == _theorem.Label;
            fault = known
                ? Wrong(scanner, MetamathErrorKind.SelfReference, $"{scanner.Text} is what is to be proved.")
                : Wrong(scanner, MetamathErrorKind.UnknownLabel, $"The database has no statement with the label {scanner.Text}.");
            return false;
        }

        var limit = _theorem.Limit;
        if (reference >= limit)
        {
            fault = reference == _theorem.Index
                ? Wrong(scanner, MetamathErrorKind.SelfReference, $"{scanner.Text} is what is to be proved.")
                : Wrong(scanner, MetamathErrorKind.LaterLabel, $"{scanner.Text} comes after {_theorem.Label} in the database.");
            return false;
        }

        ref var record = ref _tables.Statements[reference];
        if (record.IsAssertion || record.ScopeEnd > limit)
            return true;
        fault = Wrong(scanner, MetamathErrorKind.InactiveHypothesis, $"The hypothesis {scanner.Text} is not active in {_theorem.Label}.");
        return false;
    }

    private static bool NextToken(TokenScanner scanner, int end) => scanner.Next() && scanner.Start < end;

    private static bool IsByte(TokenScanner scanner, byte b) => scanner.Length == 1 && scanner.Source.Bytes[scanner.Start] == b;

    private static ProofFault Wrong(TokenScanner scanner, MetamathErrorKind kind, string message) => new(kind, scanner.Start, scanner.Length, message);
}
