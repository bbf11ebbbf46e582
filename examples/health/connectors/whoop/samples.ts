/** Answers as https://developer.whoop.com/api shows them, for the tests of both connectors. */
export const recovery = {
  cycle_id: 93845,
  sleep_id: "ecfc6a15-4661-442f-a9a4-f160dd7afae8",
  user_id: 10129,
  created_at: "2026-02-09T06:30:00.000Z",
  updated_at: "2026-02-09T06:35:00.000Z",
  score_state: "SCORED",
  score: {
    user_calibrating: false,
    recovery_score: 44,
    resting_heart_rate: 64,
    hrv_rmssd_milli: 31.813562,
    spo2_percentage: 95.6875,
    skin_temp_celsius: 33.7,
  },
}

export const sleep = {
  id: "ecfc6a15-4661-442f-a9a4-f160dd7afae8",
  cycle_id: 93845,
  v1_id: 93845,
  user_id: 10129,
  created_at: "2026-02-09T06:30:00.000Z",
  updated_at: "2026-02-09T06:35:00.000Z",
  start: "2026-02-08T22:00:00.000Z",
  end: "2026-02-09T06:24:32.735Z",
  timezone_offset: "-05:00",
  nap: false,
  score_state: "SCORED",
  score: {
    stage_summary: {
      total_in_bed_time_milli: 30272735,
      total_awake_time_milli: 1403507,
      total_no_data_time_milli: 0,
      total_light_sleep_time_milli: 14905851,
      total_slow_wave_sleep_time_milli: 6630370,
      total_rem_sleep_time_milli: 5879573,
      sleep_cycle_count: 3,
      disturbance_count: 12,
    },
    sleep_needed: {
      baseline_milli: 27395716,
      need_from_sleep_debt_milli: 352230,
      need_from_recent_strain_milli: 208595,
      need_from_recent_nap_milli: -12312,
    },
    respiratory_rate: 16.11328125,
    sleep_performance_percentage: 98,
    sleep_consistency_percentage: 90,
    sleep_efficiency_percentage: 91.69533848,
  },
}

/** The same as long as Whoop has not scored it. */
export const pending = { ...sleep, score_state: "PENDING_SCORE", score: undefined }

/** Too short for a score. */
export const nap = {
  ...pending,
  id: "3f3d1a86-8a3e-4c1c-8f0f-6d9a6c6c7a11",
  start: "2026-02-09T13:00:00.000Z",
  end: "2026-02-09T13:20:00.000Z",
  nap: true,
  score_state: "UNSCORABLE",
}

export const run = {
  id: "b0f6d3d4-3c8e-4f3f-9f4a-2f1f0e0f9b77",
  v1_id: 1043,
  user_id: 9012,
  created_at: "2026-02-09T18:00:00.000Z",
  updated_at: "2026-02-09T18:10:00.000Z",
  start: "2026-02-09T17:00:00.000Z",
  end: "2026-02-09T17:40:00.000Z",
  timezone_offset: "-05:00",
  sport_name: "running",
  score_state: "SCORED",
  score: {
    strain: 8.2463,
    average_heart_rate: 123,
    max_heart_rate: 146,
    kilojoule: 1569.34033203125,
    percent_recorded: 100,
    distance_meter: 1772.77035916,
    zone_durations: {
      zone_zero_milli: 300000,
      zone_one_milli: 600000,
      zone_two_milli: 900000,
      zone_three_milli: 900000,
      zone_four_milli: 600000,
      zone_five_milli: 300000,
    },
  },
  sport_id: 1,
}
