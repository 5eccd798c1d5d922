//! How often numbers of each size occur.

use super::proto::Histogram;

/// Buckets of a histogram, equally wide.
const BUCKETS: usize = 64;

/// A histogram of those numbers that are finite; none if there are none.
pub fn of(numbers: &[f32]) -> Option<Histogram> {
    let finite = || numbers.iter().filter(|number| number.is_finite()).map(|&number| f64::from(number));
    let (min, max) = (finite().min_by(f64::total_cmp)?, finite().max_by(f64::total_cmp)?);
    let width = (max - min) / BUCKETS as f64;
    // one value alone has a bucket of a width that can be drawn
    let (first, width, count) = if width > 0.0 { (min, width, BUCKETS) } else { (min - 0.5, 1.0, 1) };
    let mut bucket = vec![0.0; count];
    finite().for_each(|number| bucket[(((number - first) / width) as usize).min(count - 1)] += 1.0);
    let bucket_limit = (1..=count).map(|i| if i == count && count > 1 { max } else { first + width * i as f64 });
    Some(Histogram {
        min,
        max,
        num: finite().count() as f64,
        sum: finite().sum(),
        sum_squares: finite().map(|number| number * number).sum(),
        bucket_limit: bucket_limit.collect(),
        bucket,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_its_bucket() {
        let numbers: Vec<f32> = (0..=640).map(|i| i as f32 / 10.0).chain([f32::NAN]).collect();
        let histogram = of(&numbers).unwrap();
        assert_eq!((histogram.min, histogram.max, histogram.num), (0.0, 64.0, 641.0));
        assert_eq!(histogram.bucket.iter().sum::<f64>(), 641.0);
        assert!(histogram.bucket_limit.is_sorted() && histogram.bucket_limit[63] == 64.0, "{histogram:?}");
        assert!(histogram.bucket.iter().all(|count| (9.0..=12.0).contains(count)), "{histogram:?}");
        assert!(
            (histogram.sum - 20_512.0).abs() < 1e-2 && (histogram.sum_squares - 875_862.4).abs() < 1.0,
            "{histogram:?}"
        );
        let one = of(&[2.0, 2.0]).unwrap();
        assert_eq!((one.bucket, one.bucket_limit), (vec![2.0], vec![2.5]));
        assert_eq!(of(&[f32::NAN]), None);
    }
}
