namespace Ratchet.Runs;

/// <summary>Hears what a run tells its user. Called from the run's own thread, one event at a time.</summary>
public interface IRunObserver
{
    /// <summary>Takes an event. Must return quickly; exceptions end the run.</summary>
    void OnEvent(RunEvent e);
}
