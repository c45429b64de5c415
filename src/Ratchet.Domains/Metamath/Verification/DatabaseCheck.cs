using System.Runtime.ExceptionServices;

namespace Ratchet.Domains.Metamath.Verification;

/// <summary>Checks all proofs of a database. Theorems are independent of each other, so threads take them in any order.</summary>
internal static class DatabaseCheck
{
    /// <summary>Theorems that a thread takes at a time.</summary>
    private const int Batch = 128;

    public static MetamathReport Run(MetamathDatabase database, int threads, CancellationToken cancellationToken)
    {
        var next = 0;
        var workers = new Worker[threads];
        var running = new Thread[threads - 1];
        for (var i = 0; i < threads; i++)
            workers[i] = new Worker(database, () => Interlocked.Add(ref next, Batch) - Batch, cancellationToken);
        for (var i = 0; i < running.Length; i++)
        {
            var worker = workers[i + 1];
            running[i] = new Thread(worker.Run) { IsBackground = true, Name = "metamath" };
            running[i].Start();
        }

        workers[0].Run();
        foreach (var thread in running)
            thread.Join();
        foreach (var worker in workers)
            worker.Failure?.Throw();
        cancellationToken.ThrowIfCancellationRequested();
        var errors = workers.SelectMany(w => w.Errors).OrderBy(e => e.Statement).Select(e => e.Error).ToList();
        var theorems = workers.Sum(w => w.Theorems);
        return new MetamathReport(theorems, theorems - errors.Count, errors.Count(e => e.Kind == MetamathErrorKind.IncompleteProof), workers.Sum(w => w.Steps), errors);
    }

    private sealed class Worker(MetamathDatabase database, Func<int> take, CancellationToken cancellationToken)
    {
        public List<(int Statement, MetamathError Error)> Errors { get; } = [];

        public int Theorems { get; private set; }

        public long Steps { get; private set; }

        public ExceptionDispatchInfo? Failure { get; private set; }

        public void Run()
        {
            try
            {
                var reader = new ProofReader(database);
                for (var first = take(); first < database.Count && !cancellationToken.IsCancellationRequested; first = take())
                {
                    for (var i = first; i < Math.Min(first + Batch, database.Count); i++)
                        Check(reader, i);
                }
            }
            catch (Exception e)
            {
                // On a thread of its own it would end the process; it is thrown again where the check was asked for.
                Failure = ExceptionDispatchInfo.Capture(e);
            }
        }

        private void Check(ProofReader reader, int index)
        {
            ref var record = ref database.Tables.Statements[index];
            if (record.Kind != MetamathStatementKind.Theorem)
                return;
            Theorems++;
            var source = database.Tables.Sources[record.Source];
            var theorem = new MetamathTheorem(database, index);
            var fault = reader.Run(theorem, source, record.ProofStart, record.ProofStart + record.ProofLength);
            Steps += reader.Steps;
            if (fault is null)
                return;
            var (line, column) = source.Locate(fault.Start);
            Errors.Add((index, new MetamathError(fault.Kind, source.Path, line, column, theorem.Label, fault.Message)));
        }
    }
}
