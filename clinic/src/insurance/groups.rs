//! The two letters with which a 15-character card number begins. The list dates from 2015 and newer letters exist, so
//! that letters which are not here say nothing.
use super::Words;

/// Who is insured as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectGroup {
    /// Two letters.
    pub code: &'static str,
    /// What they stand for.
    pub words: Words,
    /// The benefit level that is usual for them; the card's own third character and the portal's answer count.
    pub usual_level: Option<u8>,
}

impl ObjectGroup {
    /// The group of these two letters.
    pub fn of(code: &str) -> Option<&'static Self> {
        GROUPS.iter().find(|group| group.code == code)
    }

    /// Cards issued by the insurance offices of the ministries of defence and public security may be missing in the
    /// national register: for them, "no such card" is not "not insured".
    pub fn may_be_missing_in_the_register(&self) -> bool {
        ["QN", "HC", "LS", "XK", "CY", "CA"].contains(&self.code)
    }
}

const fn group(code: &'static str, usual_level: u8, vi: &'static str, en: &'static str) -> ObjectGroup {
    let usual_level = if usual_level == 0 { None } else { Some(usual_level) };
    ObjectGroup { code, words: Words { vi, en }, usual_level }
}

/// The groups; level 0 where none is usual.
pub const GROUPS: &[ObjectGroup] = &[
    group("DN", 4, "Người lao động trong doanh nghiệp", "Employee of an enterprise"),
    group("HX", 4, "Người lao động trong hợp tác xã, liên hiệp hợp tác xã", "Cooperative worker"),
    group(
        "CH",
        4,
        "Người lao động trong cơ quan nhà nước, đơn vị sự nghiệp, tổ chức chính trị",
        "Worker in a state body or public unit",
    ),
    group(
        "NN",
        4,
        "Người lao động trong tổ chức nước ngoài, tổ chức quốc tế tại Việt Nam",
        "Worker of a foreign or international organisation",
    ),
    group("TK", 4, "Người lao động trong tổ chức khác có sử dụng lao động", "Worker of another organisation"),
    group("HC", 4, "Cán bộ, công chức, viên chức", "Civil servant, public employee"),
    group("XK", 4, "Người hoạt động không chuyên trách ở cấp xã", "Part-time commune-level worker"),
    group("HT", 3, "Người hưởng lương hưu, trợ cấp mất sức lao động hằng tháng", "Pensioner"),
    group(
        "TB",
        4,
        "Người hưởng trợ cấp tai nạn lao động, bệnh nghề nghiệp hằng tháng",
        "Work-accident or occupational-disease allowance",
    ),
    group("NO", 4, "Người lao động nghỉ hưởng chế độ ốm đau bệnh dài ngày", "Worker on long sick leave"),
    group(
        "CT",
        4,
        "Người từ đủ 80 tuổi đang hưởng trợ cấp tuất hằng tháng",
        "Survivor allowance, aged 80 or over",
    ),
    group(
        "XB",
        4,
        "Cán bộ cấp xã đã nghỉ việc hưởng trợ cấp BHXH hằng tháng",
        "Former commune official on social-insurance allowance",
    ),
    group("TN", 4, "Người hưởng trợ cấp thất nghiệp", "Unemployment allowance"),
    group(
        "CS",
        4,
        "Công nhân cao su nghỉ việc hưởng trợ cấp hằng tháng",
        "Former rubber worker on allowance",
    ),
    group("QN", 5, "Quân nhân (sĩ quan, hạ sĩ quan, binh sĩ quân đội)", "Military serviceperson"),
    group("CA", 5, "Công an nhân dân", "Police officer"),
    group("CY", 5, "Người làm công tác cơ yếu", "Cipher-service staff"),
    group(
        "XN",
        4,
        "Cán bộ cấp xã đã nghỉ việc hưởng trợ cấp ngân sách hằng tháng",
        "Former commune official on budget allowance",
    ),
    group(
        "MS",
        4,
        "Người đã thôi hưởng trợ cấp mất sức lao động, hưởng trợ cấp ngân sách",
        "Former disability-allowance holder",
    ),
    group("CC", 1, "Người có công với cách mạng (nhóm 1)", "Person of merit, group 1"),
    group("CK", 2, "Người có công với cách mạng (nhóm 2)", "Person of merit, group 2"),
    group("CB", 2, "Cựu chiến binh", "War veteran"),
    group("KC", 2, "Người tham gia kháng chiến", "Resistance participant"),
    group("HD", 4, "Đại biểu Quốc hội, đại biểu Hội đồng nhân dân", "National Assembly or council deputy"),
    group("TE", 1, "Trẻ em dưới 6 tuổi", "Child under 6"),
    group("BT", 2, "Người hưởng trợ cấp bảo trợ xã hội hằng tháng", "Social-protection allowance"),
    group("HN", 2, "Người thuộc hộ nghèo", "Poor household"),
    group("DT", 2, "Người dân tộc thiểu số vùng khó khăn", "Ethnic minority in a difficult area"),
    group("DK", 2, "Người sống ở vùng đặc biệt khó khăn", "Resident of an especially difficult area"),
    group("XD", 2, "Người sống ở xã đảo, huyện đảo", "Resident of an island commune or district"),
    group("TS", 2, "Thân nhân liệt sĩ", "Relative of a fallen soldier"),
    group("TC", 3, "Thân nhân người có công", "Relative of a person of merit"),
    group("TQ", 4, "Thân nhân quân nhân", "Relative of a serviceperson"),
    group("TV", 0, "Thân nhân công nhân, viên chức quốc phòng", "Relative of defence worker"),
    group("TA", 4, "Thân nhân công an", "Relative of a police officer"),
    group("TY", 4, "Thân nhân người làm cơ yếu", "Relative of cipher-service staff"),
    group("HG", 4, "Người đã hiến bộ phận cơ thể", "Organ donor"),
    group(
        "LS",
        4,
        "Lưu học sinh nước ngoài học bổng ngân sách Việt Nam",
        "Foreign student on Vietnamese state scholarship",
    ),
    group("PV", 4, "Người phục vụ người có công", "Carer of a person of merit"),
    group("CN", 3, "Người thuộc hộ cận nghèo", "Near-poor household"),
    group("HS", 4, "Học sinh", "School pupil"),
    group("SV", 4, "Sinh viên", "Student"),
    group(
        "GB",
        4,
        "Hộ gia đình nông, lâm, ngư, diêm nghiệp có mức sống trung bình",
        "Average-income farming, forestry, fishery or salt household",
    ),
    group("GD", 4, "Người tham gia theo hộ gia đình", "Household scheme"),
];
