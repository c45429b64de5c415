using System.Globalization;
using System.Text;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>
/// A <c>coqidetop</c> process that has executed a header and keeps it. It holds one line of states: header, statement, sentences of a proof.
/// </summary>
/// <remarks>Protocol 20220205 (Coq 8.16). Requests are elements on standard input; answers are any number of feedbacks and one value.</remarks>
internal sealed class CoqWorker : IPoolWorker
{
    private static readonly TimeSpan InterruptAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan QuickCall = TimeSpan.FromSeconds(20);

    private readonly ChildProcess _child;
    private readonly List<(string Text, int State)> _line = [];
    private readonly int _base;
    private string? _statement;
    private int _statementState;
    private int _tip;
    private int _unanswered;
    private readonly TimeSpan _sentenceLimit;
    private bool _patient;
    private bool _busy;

    /// <summary>Starts a process and has it execute a header.</summary>
    /// <exception cref="ChildFailureException">It does not come up by the deadline.</exception>
    public CoqWorker(CoqInstallation installation, CoqOptions options, IReadOnlyList<string> header, Deadline deadline)
    {
        _sentenceLimit = options.Limits.StartUp;
        _child = ChildProcess.Start(new ChildProcessOptions
        {
            Program = installation.Program,
            Arguments = ["-q", "-main-channel", "stdfds", "-async-proofs", "off", "-async-proofs-command-error-resilience", "off", "-async-proofs-tactic-error-resilience", "off", "-native-compiler", "no"],
            Environment = ProcessEnvironment,
            Limits = options.Limits,
            Sealed = options.Sandbox,
        });
        try
        {
            _tip = Call("""<call val="Init"><option val="none"/></call>""", deadline)[0].Number("val") ?? throw new FormatException("Init gave no state.");
            foreach (var sentence in options.Imports.Select(m => $"Require Import {m}.").Concat(header))
            {
                var reply = Execute(sentence, deadline);
                if (reply.Outcome == CoqOutcome.Done)
                    continue;
                HeaderError = $"The header does not load: {sentence.Trim()} {reply.Message}";
                break;
            }

            if (Execute(string.Create(CultureInfo.InvariantCulture, $"Set Default Timeout {options.SentenceSeconds}."), deadline).Outcome != CoqOutcome.Done)
                throw new FormatException("Coq does not know the option Default Timeout.");
            _base = _tip;
            _sentenceLimit = TimeSpan.FromSeconds(options.SentenceSeconds) + InterruptAfter;
        }
        catch (FormatException e)
        {
            _child.Dispose();
            throw new ChildFailureException(ChildFailure.Protocol, VerdictReason.Unavailable, $"Coq answered something else than expected: {e.Message}");
        }
        catch
        {
            _child.Dispose();
            throw;
        }
    }

    /// <summary>A small minor heap: with its usual one Coq takes three times the memory and twice the time.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment { get; } = new Dictionary<string, string> { ["OCAMLRUNPARAM"] = "s=1M" };

    /// <summary>What Coq said of the header if it refuses it, or null. A worker with a refused header serves to say so.</summary>
    public string? HeaderError { get; }

    /// <inheritdoc/>
    public bool IsReady => !_busy && _child.IsRunning;

    /// <inheritdoc/>
    public ProcessStatus? Status => _child.Status;

    /// <summary>Number of the process.</summary>
    public int ProcessId => _child.Id;

    /// <summary>Sentences executed so far, as a cost.</summary>
    public long Executed { get; private set; }

    /// <inheritdoc/>
    public void Abort() => _child.Kill();

    /// <inheritdoc/>
    public void Dispose() => _child.Dispose();

    /// <summary>Runs a job that leaves the worker where a request may begin, unless it throws.</summary>
    public T Use<T>(Func<T> job)
    {
        _busy = true;
        try
        {
            var result = job();
            _busy = false;
            return result;
        }
        catch (FormatException e)
        {
            throw new ChildFailureException(ChildFailure.Protocol, VerdictReason.Unavailable, $"Coq answered something else than expected: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            // A cancelled sentence was interrupted and taken back, so that the process need not be given up.
            _busy = _unanswered > 0;
            throw;
        }
    }

    /// <summary>As <see cref="Open"/>, but leaves the sentences of a proof of the same statement in place, for <see cref="Rewind"/>.</summary>
    public CoqReply? Resume(CoqStatement statement, Deadline deadline) => _statement == statement.Text ? null : Open(statement, deadline);

    /// <summary>
    /// Stands after a statement's sentences, executing them unless they are the ones executed last. Null when done, else Coq's answer to the
    /// sentence that failed.
    /// </summary>
    public CoqReply? Open(CoqStatement statement, Deadline deadline)
    {
        if (_statement == statement.Text)
        {
            _line.Clear();
            GoTo(_statementState, deadline);
            return null;
        }

        Close(deadline);
        foreach (var sentence in statement.Preamble.Append(statement.Theorem))
        {
            var reply = Execute(sentence.Text, deadline);
            if (reply.Outcome == CoqOutcome.Done)
                continue;
            Close(deadline);
            return reply with { Start = reply.Start < 0 ? sentence.Start : sentence.Start + reply.Start, End = reply.End < 0 ? sentence.End : sentence.Start + reply.End };
        }

        (_statement, _statementState) = (statement.Text, _tip);
        return null;
    }

    /// <summary>Stands after the header.</summary>
    public void Close(Deadline deadline)
    {
        _statement = null;
        _patient = false;
        _line.Clear();
        GoTo(_base, deadline);
    }

    /// <summary>Stands after the first sentences of a path as far as the line holds them already. Returns how many those are.</summary>
    public int Rewind(IReadOnlyList<string> path, Deadline deadline)
    {
        var common = 0;
        while (common < path.Count && common < _line.Count && _line[common].Text == path[common])
            common++;
        if (common < _line.Count)
        {
            GoTo(common == 0 ? _statementState : _line[common - 1].State, deadline);
            _line.RemoveRange(common, _line.Count - common);
        }

        return common;
    }

    /// <summary>Executes a sentence of a proof and adds it to the line.</summary>
    public CoqReply Step(string sentence, Deadline deadline)
    {
        var reply = Execute(sentence, deadline);
        if (reply.Outcome == CoqOutcome.Done)
            _line.Add((sentence, reply.State));
        return reply;
    }

    /// <summary>Takes the last sentence back.</summary>
    public void StepBack(Deadline deadline)
    {
        _line.RemoveAt(_line.Count - 1);
        GoTo(_line.Count == 0 ? _statementState : _line[^1].State, deadline);
    }

    /// <summary>Executes a sentence. One that fails leaves the state as it was.</summary>
    public CoqReply Execute(string sentence, Deadline deadline)
    {
        Executed++;
        var text = Escape(sentence);
        var tip = _tip.ToString(CultureInfo.InvariantCulture);

        // Both requests go out together: where the first is refused, the second only says that nothing is left to execute.
        Send($"""<call val="Add"><pair><pair><pair><pair><string>{text}</string><int>-1</int></pair><pair><state_id val="{tip}"/><bool val="false"/></pair></pair><int>0</int></pair><pair><int>1</int><int>0</int></pair></pair></call><call val="Status"><bool val="false"/></call>""", 2, deadline);
        var added = Value(Receive(deadline));
        var executed = Value(Receive(deadline));

        // A sentence that cannot be parsed has no state. Some commands are executed as soon as they are added.
        if (added.Attribute("val") != "good" && added.Find("state_id")?.Number("val") == 0)
            return Failure(added, sentence, parsing: true);
        if (added.Attribute("val") == "good" && executed.Attribute("val") == "good")
        {
            _tip = added[0][0].Number("val") ?? throw new FormatException("Add gave no state.");
            return new CoqReply(CoqOutcome.Done, _tip, "", -1, -1);
        }

        EditAt(_tip, Deadline.After(QuickCall));
        return Failure(added.Attribute("val") == "good" ? executed : added, sentence, parsing: false);
    }

    /// <summary>
    /// From here to <see cref="Close"/> no sentence is timed or interrupted. Coq's audit takes a proof whose reading was interrupted for an axiom,
    /// so it must run to its end; one that does not costs the process.
    /// </summary>
    public void BePatient(Deadline deadline)
    {
        if (Execute("Unset Default Timeout.", deadline).Outcome != CoqOutcome.Done)
            throw new FormatException("Coq does not take back the option Default Timeout.");
        _patient = true;
    }

    /// <summary>The goals of the open proof, hypotheses and all; null where no proof is open.</summary>
    public CoqGoals? Goals(Deadline deadline) => Goals("full", deadline);

    /// <summary>The goals without their hypotheses: cheap in large contexts.</summary>
    public CoqGoals? Conclusions(Deadline deadline) => Goals("short", deadline);

    /// <summary>Names of the proofs that are open.</summary>
    public IReadOnlyList<string> OpenProofs(Deadline deadline) =>
        [.. Call("""<call val="Status"><bool val="false"/></call>""", deadline)[0][2].Children.Select(name => name.Text)];

    /// <summary>Asks a question that changes nothing. Gives what Coq answers to it, notices only.</summary>
    /// <exception cref="ChildFailureException">No answer, or an error.</exception>
    public string Query(string command, Deadline deadline)
    {
        const string Route = "1";
        Send($"""<call val="Query"><pair><route_id val="{Route}"/><pair><string>{Escape(command)}</string><state_id val="{_tip.ToString(CultureInfo.InvariantCulture)}"/></pair></pair></call>""", 1, deadline);
        var answer = XmlNode.Parse(Receive(deadline));
        var value = answer.Single(n => n.Name == "value");
        if (value.Attribute("val") != "good")
            throw new FormatException($"{command} {value.Text}");

        // Only what was said on this question's own route counts: a tactic can print what it likes, but not there.
        var notices = answer.Where(n => n.Name == "feedback" && n.Attribute("route") == Route)
            .Select(n => n.Find("message")).Where(m => m?.Find("message_level")?.Attribute("val") == "notice").Select(m => m!.Find("richpp")!.Text);
        return string.Join('\n', notices);
    }

    private CoqGoals? Goals(string style, Deadline deadline) =>
        CoqGoals.Read(Call($"""<call val="Subgoals"><goal_flags><string>{style}</string><bool val="true"/><bool val="true"/><bool val="true"/><bool val="true"/></goal_flags></call>""", deadline)[0]);

    private void GoTo(int state, Deadline deadline)
    {
        if (state != _tip)
            EditAt(state, deadline);
    }

    private void EditAt(int state, Deadline deadline)
    {
        _ = Call($"""<call val="Edit_at"><state_id val="{state.ToString(CultureInfo.InvariantCulture)}"/></call>""", deadline);
        _tip = state;
    }

    private XmlNode Call(string request, Deadline deadline)
    {
        Send(request, 1, deadline);
        var value = Value(Receive(deadline));
        return value.Attribute("val") == "good" ? value : throw new FormatException(value.Text);
    }

    private void Send(string request, int calls, Deadline deadline)
    {
        _child.BeginRequest();
        _unanswered = calls;
        _child.Write(Encoding.UTF8.GetBytes(request), deadline);
    }

    /// <summary>
    /// Reads an answer. Coq's own limit on a sentence should make it come in time; where it does not, the sentence is interrupted, and a process
    /// that does not heed that is given up. A cancelled wait is handled alike, so that the process is fit for the next request.
    /// </summary>
    private string Receive(Deadline deadline)
    {
        try
        {
            return Next(_patient ? deadline : deadline.Within(_sentenceLimit));
        }
        catch (ChildFailureException e) when (e.Failure == ChildFailure.TimedOut && !_patient)
        {
            _child.Interrupt();
            return Next(Deadline.After(KillAfter));
        }
        catch (OperationCanceledException) when (!_patient)
        {
            _child.Interrupt();
            var last = Deadline.After(KillAfter);
            while (_unanswered > 0)
                _ = Next(last);
            EditAt(_tip, last);
            throw;
        }

        string Next(Deadline by)
        {
            var answer = Encoding.UTF8.GetString(_child.ReadThrough("</value>"u8, by));
            _unanswered--;
            return answer;
        }
    }

    private static CoqReply Failure(XmlNode value, string sentence, bool parsing)
    {
        var message = (value.Find("richpp")?.Text ?? "").Trim();
        var outcome = message switch
        {
            "Timeout!" or "User interrupt." => CoqOutcome.TimedOut,
            "Out of memory." => CoqOutcome.OutOfMemory,
            "Stack overflow." => CoqOutcome.StackOverflow,
            _ => parsing ? CoqOutcome.Syntax : CoqOutcome.Failed,
        };

        // Version 8.16 gives the place as attributes, newer ones as an element; both in bytes.
        var place = value.Find("loc");
        var start = value.Number("loc_s") ?? place?.Number("start");
        var end = value.Number("loc_e") ?? place?.Number("stop");
        return start is { } s && end is { } e && s <= e
            ? new CoqReply(outcome, 0, message, Characters(sentence, s), Characters(sentence, e))
            : new CoqReply(outcome, 0, message, -1, -1);
    }

    private static int Characters(string text, int bytes)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Encoding.UTF8.GetCharCount(utf8, 0, Math.Min(bytes, utf8.Length));
    }

    private static XmlNode Value(string answer)
    {
        var at = answer.LastIndexOf("<value", StringComparison.Ordinal);
        return at >= 0 ? XmlNode.Parse(answer[at..])[0] : throw new FormatException("There is no value.");
    }

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
